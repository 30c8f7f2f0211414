package io.heddle.cli.library;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The dynamic symbols of a 64-bit ELF file (source of every offset and number: System V ABI, "Object Files", and its x86-64 supplement).
 * Every size and place that the file states is checked against the file and against a bound, and so is all that is read of one file, so a
 * malformed file costs little and harms nothing.
 *
 * @param exported the functions and variables it defines
 * @param imported those it takes from others
 * @param needed the libraries it asks for, by the names it asks with
 */
public record ElfFile(Set<String> exported, Set<String> imported, List<String> needed) {
    private static final int HEADER_BYTES = 64;
    private static final int SECTION_BYTES = 64;
    private static final int SYMBOL_BYTES = 24;
    private static final int DYNAMIC_BYTES = 16;
    private static final int SECTION_DYNAMIC = 6;
    private static final int SECTION_DYNAMIC_SYMBOLS = 11;
    private static final long TAG_NEEDED = 1;
    private static final int LOCAL = 0;

    /** The most that is read of one file, tables and names together: a hundred times what MKL's largest library needs. */
    private static final long MOST_BYTES = 128L << 20;

    private static final int LONGEST_NAME_BYTES = 4096;

    private static final class MalformedException extends IOException {
        private static final long serialVersionUID = 1;
    }

    private record Section(int type, long offset, long bytes, int link) {}

    /**
     * Reads a file.
     *
     * @return what it tells, or empty if it cannot be read or is no well-formed 64-bit ELF file
     */
    public static Optional<ElfFile> read(Path file) {
        if (!Files.isRegularFile(file)) {
            return Optional.empty(); // a device or a pipe may block
        }
        try (SeekableByteChannel channel = Files.newByteChannel(file)) {
            return parse(channel);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static Optional<ElfFile> parse(SeekableByteChannel channel) throws IOException {
        try {
            return new Reader(channel).read();
        } catch (MalformedException e) {
            return Optional.empty();
        }
    }

    private static final class Reader {
        private final SeekableByteChannel channel;
        private final Set<String> exported = new HashSet<>();
        private final Set<String> imported = new HashSet<>();
        private final List<String> needed = new ArrayList<>();
        private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
        private long bytesLeft = MOST_BYTES;

        Reader(SeekableByteChannel channel) {
            this.channel = channel;
        }

        Optional<ElfFile> read() throws IOException {
            ByteBuffer header = bytes(0, HEADER_BYTES);
            if (header.get(0) != 0x7f || header.get(1) != 'E' || header.get(2) != 'L' || header.get(3) != 'F') {
                return Optional.empty();
            }
            boolean wide = header.get(4) == 2;
            if (!wide) {
                return Optional.empty();
            }
            order = header.get(5) == 2 ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
            header.order(order);
            List<Section> sections = sections(header);
            Optional<Section> symbols = first(SECTION_DYNAMIC_SYMBOLS, sections);
            if (symbols.isPresent()) {
                symbols(symbols.get(), names(symbols.get(), sections));
            }
            Optional<Section> dynamic = first(SECTION_DYNAMIC, sections);
            if (dynamic.isPresent()) {
                dynamic(dynamic.get(), names(dynamic.get(), sections));
            }
            return Optional.of(new ElfFile(Set.copyOf(exported), Set.copyOf(imported), List.copyOf(needed)));
        }

        private List<Section> sections(ByteBuffer header) throws IOException {
            long offset = header.getLong(40);
            int entryBytes = Short.toUnsignedInt(header.getShort(58));
            int count = Short.toUnsignedInt(header.getShort(60));
            if (count > 0 && entryBytes != SECTION_BYTES) {
                throw new MalformedException();
            }
            ByteBuffer table = bytes(offset, (long) count * SECTION_BYTES);
            List<Section> sections = new ArrayList<>();
            for (int at = 0; at < table.limit(); at += SECTION_BYTES) {
                sections.add(new Section(
                        table.getInt(at + 4), table.getLong(at + 24), table.getLong(at + 32), table.getInt(at + 40)));
            }
            return sections;
        }

        /** A file has at most one of each of these types. */
        private static Optional<Section> first(int type, List<Section> sections) {
            return sections.stream().filter(section -> section.type == type).findFirst();
        }

        private ByteBuffer names(Section section, List<Section> sections) throws IOException {
            if (section.link < 0 || section.link >= sections.size()) {
                throw new MalformedException();
            }
            Section names = sections.get(section.link);
            return bytes(names.offset, names.bytes);
        }

        private void symbols(Section section, ByteBuffer names) throws IOException {
            ByteBuffer table = bytes(section.offset, section.bytes);
            for (int at = 0; at + SYMBOL_BYTES <= table.limit(); at += SYMBOL_BYTES) {
                int binding = (table.get(at + 4) & 0xff) >> 4;
                if (binding != LOCAL) {
                    boolean defined = table.getShort(at + 6) != 0;
                    (defined ? exported : imported).add(name(names, Integer.toUnsignedLong(table.getInt(at))));
                }
            }
        }

        private void dynamic(Section section, ByteBuffer names) throws IOException {
            ByteBuffer table = bytes(section.offset, section.bytes);
            for (int at = 0; at + DYNAMIC_BYTES <= table.limit(); at += DYNAMIC_BYTES) {
                long tag = table.getLong(at);
                if (tag == 0) {
                    return;
                }
                if (tag == TAG_NEEDED) {
                    needed.add(name(names, table.getLong(at + 8)));
                }
            }
        }

        private String name(ByteBuffer names, long offset) throws IOException {
            if (offset < 0 || offset >= names.limit()) {
                throw new MalformedException();
            }
            int start = (int) offset;
            int end = start;
            while (end < names.limit() && names.get(end) != 0) {
                end++;
            }
            if (end == names.limit() || end - start > LONGEST_NAME_BYTES) {
                throw new MalformedException();
            }
            spend(end - start); // many symbols may name the same bytes
            return StandardCharsets.UTF_8
                    .decode(names.slice(start, end - start))
                    .toString();
        }

        private ByteBuffer bytes(long offset, long count) throws IOException {
            long size = channel.size();
            if (offset < 0 || count < 0 || offset > size - count) {
                throw new MalformedException();
            }
            spend(count);
            ByteBuffer buffer = ByteBuffer.allocate((int) count).order(order);
            channel.position(offset);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer) < 0) {
                    throw new MalformedException(); // cut while it was read
                }
            }
            return buffer.flip();
        }

        private void spend(long count) throws MalformedException {
            if (count > bytesLeft) {
                throw new MalformedException();
            }
            bytesLeft -= count;
        }
    }
}
