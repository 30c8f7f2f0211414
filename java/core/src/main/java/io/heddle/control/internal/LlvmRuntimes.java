package io.heddle.control.internal;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import io.heddle.ffi.Environment;
import io.heddle.ffi.NativeLibrary;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Tells which LLVM or Intel OpenMP runtime is initialised in this process, without calling into any.
 *
 * <p>An initialising runtime registers itself under {@code __KMP_REGISTERED_LIB_<pid>} (with {@code _<uid>} since LLVM 11), in shared
 * memory, in {@code /tmp} or in the environment by version and build; the entry reads {@code <address of a flag in the
 * runtime>-<flag>-<file name>} (source: {@code __kmp_register_library_startup} in LLVM's {@code kmp_runtime.cpp}).
 */
final class LlvmRuntimes {
    private static final Pattern ENTRY = Pattern.compile("0x([0-9a-fA-F]{1,16})-[0-9a-fA-F]+-.*", Pattern.DOTALL);
    private static final int LONGEST_ENTRY_BYTES = 4096;

    private static volatile Optional<String> initialised = Optional.empty();

    private LlvmRuntimes() {}

    /** Of this process; a child made by fork has other keys, but no JVM in it. */
    private static final class Registration {
        private static final int USER = userId();
        private static final String KEY =
                "__KMP_REGISTERED_LIB_" + ProcessHandle.current().pid();
        private static final List<String> KEYS = List.of(KEY + "_" + USER, KEY);
        private static final List<Path> FILES = Stream.of("/dev/shm", "/tmp")
                .flatMap(folder -> KEYS.stream().map(key -> Path.of(folder, key)))
                .toList();
    }

    /** Whether a library is an LLVM or Intel runtime: only those export the kmp functions. */
    static boolean is(NativeLibrary library) {
        return library.findOwn("kmp_set_blocktime").isPresent();
    }

    /**
     * The name, as the dynamic linker lists it, of the runtime that is registered in this process; empty if none is. Once there is one it
     * stays: runtimes that are controlled are never unloaded, and a second one cannot be initialised.
     */
    static Optional<String> initialised() {
        if (initialised.isEmpty()) {
            initialised = Stream.concat(
                            Registration.KEYS.stream().map(Environment::get),
                            Registration.FILES.stream().map(LlvmRuntimes::read))
                    .flatMap(Optional::stream)
                    .flatMap(entry -> flagAddress(entry).stream())
                    .flatMap(address -> NativeLibrary.fileOf(address).stream())
                    .findFirst();
        }
        return initialised;
    }

    /** What {@link #initialised()} answered last. */
    static Optional<String> lastSeen() {
        return initialised;
    }

    static Optional<Long> flagAddress(String entry) {
        Matcher matcher = ENTRY.matcher(entry);
        return matcher.matches() ? Optional.of(Long.parseUnsignedLong(matcher.group(1), 16)) : Optional.empty();
    }

    private static int userId() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException | UnsupportedOperationException e) {
            return -1; // no /proc: then the key without a user is the only one looked for
        }
    }

    /** The entry in a file of this user's; anything else under that name, which anybody may choose in /tmp, is no entry. */
    private static Optional<String> read(Path file) {
        try {
            if (!Files.isRegularFile(file, NOFOLLOW_LINKS)
                    || !Files.getAttribute(file, "unix:uid", NOFOLLOW_LINKS).equals(Registration.USER)) {
                return Optional.empty();
            }
            try (InputStream in = Files.newInputStream(file, NOFOLLOW_LINKS)) {
                String text = new String(in.readNBytes(LONGEST_ENTRY_BYTES), StandardCharsets.ISO_8859_1);
                int end = text.indexOf(0);
                return Optional.of(end < 0 ? text : text.substring(0, end));
            }
        } catch (IOException e) {
            return Optional.empty(); // gone or unreadable: the runtime is left alone
        }
    }
}
