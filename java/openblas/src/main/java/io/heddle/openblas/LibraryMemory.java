package io.heddle.openblas;

import io.heddle.ffi.NativeLibrary;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What a library's file takes in this process.
 *
 * @param mappedBytes address space
 * @param residentBytes the part of it that is in memory
 */
record LibraryMemory(long mappedBytes, long residentBytes) {
    private static final Path SMAPS = Path.of("/proc/self/smaps");
    private static final int FIELDS_BEFORE_NAME =
            5; // addresses, permissions, offset, device, inode: see proc_pid_smaps(5)
    private static final String RESIDENT = "Rss:";

    static LibraryMemory of(NativeLibrary library) {
        // A file's name is any bytes: one character for each.
        try (Stream<String> lines = Files.lines(SMAPS, StandardCharsets.ISO_8859_1)) {
            return parse(lines, nameInSmaps(library));
        } catch (IOException e) {
            throw new UncheckedIOException(SMAPS + " cannot be read", e);
        }
    }

    /** The kernel follows links, the dynamic linker keeps the name that was opened. */
    private static String nameInSmaps(NativeLibrary library) {
        try {
            byte[] name = library.path().toRealPath().toString().getBytes(StandardCharsets.UTF_8);
            return new String(name, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return library.name(); // deleted since
        }
    }

    static LibraryMemory parse(Stream<String> smaps, String name) {
        String escaped = name.replace("\n", "\\012");
        Sum sum = new Sum();
        smaps.forEach(line -> {
            if (Character.digit(line.charAt(0), 16) >= 0 && !Character.isUpperCase(line.charAt(0))) {
                String mapped = nameOf(line);
                sum.counting = mapped.equals(escaped) || mapped.equals(escaped + " (deleted)");
                if (sum.counting) {
                    sum.mapped += length(line);
                }
            } else if (sum.counting && line.startsWith(RESIDENT)) {
                sum.resident += 1024 * Long.parseLong(line.replaceAll("\\D", ""));
            }
        });
        return new LibraryMemory(sum.mapped, sum.resident);
    }

    private static final class Sum {
        private boolean counting;
        private long mapped;
        private long resident;
    }

    private static String nameOf(String line) {
        String[] fields = line.split(" +", FIELDS_BEFORE_NAME + 1);
        return fields.length > FIELDS_BEFORE_NAME ? fields[FIELDS_BEFORE_NAME] : "";
    }

    private static long length(String line) {
        int dash = line.indexOf('-');
        int end = line.indexOf(' ');
        return Long.parseUnsignedLong(line, dash + 1, end, 16) - Long.parseUnsignedLong(line, 0, dash, 16);
    }
}
