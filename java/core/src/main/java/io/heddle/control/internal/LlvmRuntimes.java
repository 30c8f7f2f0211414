package io.heddle.control.internal;

import io.heddle.ffi.Environment;
import io.heddle.ffi.NativeLibrary;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells which LLVM or Intel OpenMP runtime is initialised in this process, without calling into any.
 *
 * <p>An initialising runtime registers itself under {@code __KMP_REGISTERED_LIB_<pid>} (with {@code _<uid>} since LLVM 11), in shared
 * memory, in {@code /tmp} or in the environment by version and build; the entry reads {@code <address of a flag in the
 * runtime>-<flag>-<file name>} (source: {@code __kmp_register_library_startup} in LLVM's {@code kmp_runtime.cpp}).
 */
final class LlvmRuntimes {
    private static final Pattern ENTRY = Pattern.compile("0x([0-9a-fA-F]+)-[0-9a-fA-F]+-.*", Pattern.DOTALL);
    private static final List<Path> FOLDERS = List.of(Path.of("/dev/shm"), Path.of("/tmp"));

    private LlvmRuntimes() {}

    /** Whether a library is an LLVM or Intel runtime: only those export the kmp functions. */
    static boolean is(NativeLibrary library) {
        return library.findOwn("kmp_set_blocktime").isPresent();
    }

    /** The name, as the dynamic linker lists it, of the runtime that is registered in this process; empty if none is. */
    static Optional<String> initialised() {
        String name = "__KMP_REGISTERED_LIB_" + ProcessHandle.current().pid();
        for (String key : List.of(name + "_" + userId(), name)) {
            Optional<String> entry = Environment.get(key);
            for (Path folder : FOLDERS) {
                entry = entry.or(() -> read(folder.resolve(key)));
            }
            if (entry.isPresent()) {
                return entry.flatMap(LlvmRuntimes::flagAddress).flatMap(NativeLibrary::fileOf);
            }
        }
        return Optional.empty();
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

    private static Optional<String> read(Path file) {
        try {
            String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
            int end = text.indexOf(0);
            return Optional.of(end < 0 ? text : text.substring(0, end));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            return Optional.empty(); // unreadable is as good as absent: the runtime is left alone
        }
    }
}
