package io.heddle.ffi;

import static io.heddle.fixture.NativeFiles.built;
import static io.heddle.fixture.NativeFiles.openBlas;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.heddle.NativeThreads;
import io.heddle.control.LibraryInfo;
import io.heddle.control.UserApi;
import io.heddle.ffi.LoadedObjects.MappedFile;
import io.heddle.fixture.BlasCalls;
import io.heddle.fixture.ChildJvm;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryTest {
    @TempDir
    Path folder;

    @Test
    void aFileThatCannotBeOpenedIsNamedWithTheLinkersReasonAndWhatToDo() throws Exception {
        Path absent = folder.resolve("libabsent.so");
        assertThatThrownBy(() -> NativeLibrary.open(absent))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining(absent.toString())
                .hasMessageContaining("No such file or directory")
                .hasMessageContaining("ldd");
        Path text = Files.writeString(folder.resolve("libtext.so"), "no library at all. ".repeat(100));
        assertThatThrownBy(() -> NativeLibrary.open(text))
                .isInstanceOf(NativeLibraryException.class)
                .hasMessageContaining("invalid ELF header");
    }

    @Test
    void aLibraryThatIsNotLoadedIsNotLoadedByAskingForIt() {
        assertThat(NativeLibrary.loaded(folder.resolve("libabsent.so").toString()))
                .isEmpty();
    }

    @Test
    void anAddressOutsideEveryLibraryHasNoFile() {
        assertThat(NativeLibrary.fileOf(8)).isEmpty();
    }

    @Test
    void aMissingSymbolIsAValueAndAMissingFunctionAnErrorThatNamesIt() throws Exception {
        ChildJvm.of(Symbols.class, built("libopenblas_fake64_.so")).succeeds();
    }

    static final class Symbols {
        public static void main(String[] args) {
            NativeLibrary fake = NativeLibrary.open(Path.of(args[0]));
            assertThat(fake.find("openblas_get_num_threads")).isEmpty();
            assertThat(fake.findOwn("openblas_get_num_threads64_")).isPresent();
            assertThat(NativeLibrary.findGlobal("openblas_get_num_threads64_")).isEmpty(); // opened RTLD_LOCAL
            assertThatThrownBy(() -> fake.downcall("dgemm_", FunctionDescriptor.ofVoid()))
                    .isInstanceOf(NoSuchElementException.class)
                    .hasMessageContaining(args[0])
                    .hasMessageContaining("dgemm_");
            assertThat(LoadedObjects.files()).extracting(MappedFile::name).contains(fake.name());
        }
    }

    @Test
    void aSymbolIsOnesOwnOnlyIfItLiesInTheFile() throws Exception {
        ChildJvm.of(ProbeSymbols.class, built("libheddle_openmp_probe_gomp.so")).succeeds();
    }

    static final class ProbeSymbols {
        public static void main(String[] args) {
            NativeLibrary probe = NativeLibrary.open(Path.of(args[0]));
            assertThat(probe.find("omp_set_num_threads")).isPresent();
            assertThat(probe.findOwn("omp_set_num_threads")).isEmpty();
            assertThat(probe.findOwn("heddle_openmp_probe_threads")).isPresent();
        }
    }

    /** Hazard 4. */
    @Test
    void aSymbolOfALibraryOneDependsOnIsNotTakenForOnesOwn() throws Exception {
        ChildJvm.of(WrongSymbol.class, openBlas("libopenblas0-openmp")).succeeds();
    }

    static final class WrongSymbol {
        public static void main(String[] args) {
            NativeLibrary openBlas = BlasCalls.open(args).library();
            Optional<MemorySegment> found = openBlas.find("omp_set_num_threads");
            assertThat(found.map(MemorySegment::address).flatMap(NativeLibrary::fileOf))
                    .hasValueSatisfying(file -> assertThat(file).contains("libgomp"));
            assertThat(openBlas.findOwn("omp_set_num_threads")).isEmpty();
            assertThat(openBlas.findOwn("openblas_set_num_threads")).isPresent();
            assertThat(OpenMpFunctions.of(openBlas)).isEmpty();
            assertThat(OpenMpFunctions.runtimeOf(openBlas))
                    .hasValueSatisfying(file -> assertThat(file).contains("libgomp"));

            assertThat(NativeThreads.info())
                    .extracting(LibraryInfo::userApi, LibraryInfo::prefix)
                    .containsExactlyInAnyOrder(tuple(UserApi.OPENMP, "libgomp"), tuple(UserApi.BLAS, "libopenblas"));
        }
    }

    @Test
    void aLibraryOpenedUnderASecondNameKnowsItsOwnSymbols() throws Exception {
        Path file = Files.copy(built("libopenblas_fake.so"), folder.resolve("libopenblas_one.so"));
        Path link = Files.createSymbolicLink(folder.resolve("libopenblas_two.so"), file);
        ChildJvm.of(SecondName.class, file, link).succeeds();
    }

    static final class SecondName {
        public static void main(String[] args) {
            NativeLibrary.open(Path.of(args[0]));
            NativeLibrary second = NativeLibrary.open(Path.of(args[1]));
            assertThat(second.findOwn("openblas_get_num_threads")).isPresent();
            assertThat(LoadedObjects.files()).extracting(MappedFile::name).contains(second.name());
            assertThat(NativeThreads.info()).hasSize(1);
        }
    }

    @Test
    void theLastLibrarysRecordTellsOfALaterLoad() throws Exception {
        ChildJvm.of(LaterLoad.class, built("libopenblas_fake.so"), built("libopenblas_fake64_.so"))
                .succeeds();
    }

    static final class LaterLoad {
        public static void main(String[] args) {
            LinkMap first = NativeLibrary.open(Path.of(args[0])).linkMap().orElseThrow();
            assertThat(first.isLast()).isTrue();
            LinkMap second = NativeLibrary.open(Path.of(args[1])).linkMap().orElseThrow();
            assertThat(first.isLast()).isFalse();
            assertThat(second.isLast()).isTrue();
        }
    }

    @Test
    void libraryFilesAreReadFromTheKernelsMap() {
        String maps = """
                5580a000-5580b000 r-xp 00001000 fe:00 1234                       /usr/lib/jvm/bin/java
                7f00a000-7f00b000 rw-s 00000000 fe:00 77                         /tmp/data.bin
                7f01a000-7f01b000 r--p 00000000 fe:00 4321                       /opt/my libs/libdata.so.72.1
                7f02a000-7f02b000 r-xp 00000000 fe:00 4322                       /opt/lib gone.so (deleted)
                7f03a000-7f03b000 r-xp 00000000 fe:00 4323                       /opt/two\\012lines.so
                7f03b000-7f03c000 r-xp 00000000 fe:00 4323                       /opt/two\\012lines.so
                7f03d000-7f03e000 r-xp 00000000 fe:00 4324                       /home/Ã\205sa/libopenblas.so
                7f04a000-7f04b000 rwxp 00000000 00:00 0
                7ffd0000-7ffd1000 r-xp 00000000 00:00 0                          [vdso]
                """;
        assertThat(LoadedObjects.parse(maps))
                .containsExactly(
                        new MappedFile("fe:00 1234", "/usr/lib/jvm/bin/java"),
                        new MappedFile("fe:00 4321", "/opt/my libs/libdata.so.72.1"),
                        new MappedFile("fe:00 4322", "/opt/lib gone.so"),
                        new MappedFile("fe:00 4323", "/opt/two\nlines.so"),
                        new MappedFile("fe:00 4324", "/home/Ã\205sa/libopenblas.so"));
    }

    @Test
    void theRealEnvironmentIsRead() {
        assertThat(Environment.get("PATH")).hasValue(System.getenv("PATH"));
        assertThat(Environment.get("HEDDLE_SURELY_UNSET")).isEmpty();
    }
}
