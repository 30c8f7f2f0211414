package io.heddle.cli.library;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.openblas.OpenBlas;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class ElfFileTest {
    private static final Path OPENBLAS = OpenBlas.shared().path();

    /** As many as a header can tell. */
    private static final int SECTIONS = 65_535;

    @TempDir
    Path folder;

    @Test
    void readsSymbolsAndNeedsOfARealLibrary() {
        ElfFile elf = ElfFile.read(OPENBLAS).orElseThrow();

        assertThat(elf.exported()).contains("cblas_dgemm", "dgesv_", "openblas_get_num_threads");
        assertThat(elf.imported()).contains("pthread_create").doesNotContain("cblas_dgemm");
        assertThat(elf.needed()).contains("libgfortran.so.5", "libc.so.6");
    }

    @Test
    void recognisesALibraryUnderAnyName() {
        Path renamed = Path.of("/opt/libfoo.so");

        assertThat(RuntimeFamily.recognise(renamed, ElfFile.read(OPENBLAS))).hasValueSatisfying(library -> {
            assertThat(library.internalApi()).isEqualTo("openblas");
            assertThat(library.threadingLayer()).contains(ThreadingLayer.PTHREADS);
            assertThat(library.limitScope()).contains(LimitScope.PROCESS);
            assertThat(library.path()).isEqualTo(renamed);
        });
    }

    @Test
    void isNotMisledByANameAlone() {
        Path quadmath = OPENBLAS.resolveSibling("libquadmath.so.0");

        assertThat(RuntimeFamily.recognise(Path.of("/opt/libopenblas.so"), ElfFile.read(quadmath)))
                .isEmpty();
    }

    @Test
    void goesByTheNameOfAFileThatCannotBeRead() {
        assertThat(RuntimeFamily.recognise(Path.of("/gone/libiomp5.so"), Optional.empty()))
                .map(SeenLibrary::internalApi)
                .contains("openmp");
        assertThat(RuntimeFamily.recognise(Path.of("/gone/libc.so.6"), Optional.empty()))
                .isEmpty();
    }

    @Test
    void refusesWhatIsNoLibrary() throws IOException {
        Path text = Files.writeString(folder.resolve("text.so"), "no library".repeat(100));
        Path empty = Files.createFile(folder.resolve("empty.so"));

        assertThat(ElfFile.read(text)).isEmpty();
        assertThat(ElfFile.read(empty)).isEmpty();
        assertThat(ElfFile.read(folder)).isEmpty();
        assertThat(ElfFile.read(folder.resolve("missing.so"))).isEmpty();
    }

    @Test
    @Timeout(20)
    void readsLittleOfAFileWithThousandsOfHugeTables() throws IOException {
        int tableBytes = 60 << 20;
        ByteBuffer head = head(SECTIONS);
        for (int i = 0; i < SECTIONS; i++) {
            section(head, i % 2 == 0 ? 11 : 6, 64, tableBytes, 0);
        }
        ByteBuffer tail = ByteBuffer.allocate(1);

        assertThat(ElfFile.read(sparse(head, tableBytes + 64L, tail))).isNotNull();
    }

    @Test
    @Timeout(20)
    void readsLittleOfAFileWhoseSymbolsShareOneLongName() throws IOException {
        int symbols = 1 << 20;
        ByteBuffer head = head(2);
        long table = 64 + 2 * 64;
        section(head, 11, table, symbols * 24L, 1);
        section(head, 3, table + symbols * 24L, 4001, 0);
        ByteBuffer tables = ByteBuffer.allocate(symbols * 24 + 4001).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < symbols; i++) {
            tables.putInt(i * 24, i % 100).put(i * 24 + 4, (byte) 0x12);
        }
        Arrays.fill(tables.array(), symbols * 24, symbols * 24 + 4000, (byte) 'a');

        assertThat(ElfFile.read(sparse(head, table, tables))).isEmpty();
    }

    /** The header of a file whose sections come next. */
    private static ByteBuffer head(int sections) {
        ByteBuffer head = ByteBuffer.allocate(64 + sections * 64).order(ByteOrder.LITTLE_ENDIAN);
        head.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
        head.putLong(40, 64).putShort(58, (short) 64).putShort(60, (short) sections);
        return head.position(64);
    }

    private static void section(ByteBuffer head, int type, long offset, long bytes, int link) {
        int at = head.position();
        head.putInt(at + 4, type)
                .putLong(at + 24, offset)
                .putLong(at + 32, bytes)
                .putInt(at + 40, link);
        head.position(at + 64);
    }

    private Path sparse(ByteBuffer head, long at, ByteBuffer tail) throws IOException {
        Path file = folder.resolve("sparse.so");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(head.flip());
            channel.write(tail, at);
        }
        return file;
    }

    /** A library that is cut, or whose headers hold nonsense, gives something or nothing, but never an exception. */
    @Test
    void survivesMalformedFiles() throws IOException {
        byte[] whole = Files.readAllBytes(OPENBLAS.resolveSibling("libquadmath.so.0"));
        Path file = folder.resolve("malformed.so");
        Random random = new Random(1);
        long sections = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong(40);
        for (int i = 0; i < 200; i++) {
            byte[] changed = Arrays.copyOf(whole, i % 2 == 0 ? random.nextInt(whole.length) : whole.length);
            for (int j = 0; j < 8 && changed.length > 0; j++) {
                int at = random.nextBoolean()
                        ? 5 + random.nextInt(59)
                        : (int) sections + random.nextInt(whole.length - (int) sections);
                if (at < changed.length) {
                    changed[at] = (byte) random.nextInt();
                }
            }
            Files.write(file, changed);
            assertThat(ElfFile.read(file)).isNotNull();
        }
    }
}
