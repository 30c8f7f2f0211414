package io.heddle.ffi;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/*
 * dl_iterate_phdr would tell the same in a tenth of the time, but it calls back into Java under the loader's lock. Three things were seen
 * there: a full stack or heap throws inside the upcall, which ends the JVM; the flight recorder, which lists the libraries inside the
 * JVM, waits for the lock while its holder waits for a safepoint and the safepoint for the flight recorder, for ever; and whatever Java
 * code touches there may wait for a thread that is inside dlopen. The kernel's list needs no lock and no upcall.
 */
/**
 * The files in this process's memory that may be shared libraries: those mapped for execution, and those named like a library, since one
 * may hold data only.
 *
 * <p>Thread-safe.
 */
public final class LoadedObjects {
    private static final Path MAPS = Path.of("/proc/self/maps");
    private static final Pattern MAPPED_FILE =
            Pattern.compile("^\\S+ ..(.). \\S+ (\\S+ [1-9]\\d*) +(/.+)$", Pattern.MULTILINE | Pattern.UNIX_LINES);
    private static final Pattern LIBRARY_NAME = Pattern.compile(".*\\.so(\\.[^/]*)?", Pattern.DOTALL);
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");
    private static final String DELETED = " (deleted)";

    private LoadedObjects() {}

    /**
     * A mapped file.
     *
     * @param identity device and inode, which tell a file from another that takes its name later
     * @param name its absolute name, one character for each byte; as it was when it was mapped, if it was deleted since
     */
    public record MappedFile(String identity, String name) {}

    /**
     * The files that are mapped now.
     *
     * @return each once, in the order of their addresses; none where there is no {@code /proc}
     */
    public static List<MappedFile> files() {
        try {
            return parse(new String(Files.readAllBytes(MAPS), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return List.of();
        }
    }

    static List<MappedFile> parse(String maps) {
        List<MappedFile> files = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        Matcher line = MAPPED_FILE.matcher(maps);
        while (line.find()) {
            String name = line.group(3);
            String existing = name.endsWith(DELETED) ? name.substring(0, name.length() - DELETED.length()) : name;
            boolean library =
                    line.group(1).equals("x") || LIBRARY_NAME.matcher(existing).matches();
            if (library && seen.add(line.group(2) + name)) {
                files.add(new MappedFile(line.group(2), unescaped(existing)));
            }
        }
        return files;
    }

    /** The kernel writes a line feed in a name as an octal number. */
    private static String unescaped(String name) {
        return OCTAL.matcher(name)
                .replaceAll(match -> Matcher.quoteReplacement(Character.toString(Integer.parseInt(match.group(1), 8))));
    }
}
