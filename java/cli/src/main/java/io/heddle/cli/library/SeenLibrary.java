package io.heddle.cli.library;

import io.heddle.control.LibraryInfo;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A native library that starts threads, as far as it is known: of another process less can be told than of this one. Immutable.
 *
 * @param userApi the interface that users call
 * @param internalApi who implements it
 * @param path its file, as the process that has it sees it
 * @param version its version
 * @param threadingLayer what it starts its threads with
 * @param architecture the processor kernel it chose
 * @param threads what it may use for a next call
 * @param processors the CPUs that it believes there are
 * @param limitScope whom a limit on it affects
 * @param details what only this kind of library tells
 */
public record SeenLibrary(
        UserApi userApi,
        String internalApi,
        Path path,
        Optional<String> version,
        Optional<ThreadingLayer> threadingLayer,
        Optional<String> architecture,
        OptionalInt threads,
        OptionalInt processors,
        Optional<LimitScope> limitScope,
        Map<String, String> details) {

    /** A library of this process. */
    public static SeenLibrary of(LibraryInfo info, OptionalInt processors) {
        return new SeenLibrary(
                info.userApi(),
                info.internalApi(),
                info.path(),
                info.version(),
                Optional.of(info.threadingLayer()).filter(layer -> layer != ThreadingLayer.UNKNOWN),
                info.architecture(),
                info.threads(),
                processors,
                Optional.of(info.limitScope()),
                info.details());
    }

    /** Its file for a reader, with a question mark for each byte that the locale cannot spell. */
    public String shownPath() {
        return path.toString().replace('\uFFFD', '?');
    }

    /** Its file's name without the folder. */
    public String fileName() {
        return String.valueOf(path.getFileName());
    }

    /** Whether this is that OpenMP runtime, such as {@code libgomp}; told by its file's name, as all export the same symbols. */
    public boolean isRuntime(String prefix) {
        return userApi == UserApi.OPENMP && fileName().toLowerCase(Locale.ROOT).startsWith(prefix);
    }
}
