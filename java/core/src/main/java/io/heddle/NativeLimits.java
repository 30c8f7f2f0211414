package io.heddle;

import io.heddle.control.LibraryInfo;
import io.heddle.control.UserApi;
import io.heddle.control.internal.LibraryRegistry;
import io.heddle.limit.ThreadLimit;
import io.heddle.limit.internal.LimitSelector;
import io.heddle.limit.internal.OpenLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/**
 * Limits of different numbers on different libraries, opened together:
 *
 * <pre>{@code
 * try (var _ = NativeThreads.limits().of(UserApi.BLAS, 1).ofPrefix("libgomp", 4).open()) { … }
 * }</pre>
 *
 * <p>A library that several of them mean gets the least of their numbers; one that none means is left alone. So does an OpenMP runtime that
 * several libraries share.
 *
 * <p>Not thread-safe; confined to the thread that fills it. What it has opened does not change when more is added.
 */
public final class NativeLimits {
    private final List<Entry> entries = new ArrayList<>();

    private record Entry(Predicate<LibraryInfo> libraries, int threads) {}

    NativeLimits() {}

    /**
     * Limits the libraries behind one interface.
     *
     * @param userApi the interface
     * @param threads at least 1
     * @return this
     * @throws IllegalArgumentException if threads is below 1
     */
    public NativeLimits of(UserApi userApi, int threads) {
        Objects.requireNonNull(userApi, "userApi");
        return of(info -> info.userApi() == userApi, threads);
    }

    /**
     * Limits the libraries whose file name starts with a prefix.
     *
     * @param prefix one that a library is recognised by: see {@link LibraryInfo#prefix()}
     * @param threads at least 1
     * @return this
     * @throws IllegalArgumentException if threads is below 1 or no kind of library has that prefix
     */
    public NativeLimits ofPrefix(String prefix, int threads) {
        return of(ofPrefix(prefix), threads);
    }

    /**
     * Limits the library of a file.
     *
     * @param file its file; links are followed
     * @param threads at least 1
     * @return this
     * @throws IllegalArgumentException if threads is below 1, or there is no such file and no loaded library had that name
     */
    public NativeLimits ofFile(Path file, int threads) {
        return of(ofFile(file), threads);
    }

    /**
     * Limits the libraries that a filter accepts.
     *
     * @param filter asked about each library again whenever something was loaded
     * @param threads at least 1
     * @return this
     * @throws IllegalArgumentException if threads is below 1
     */
    public NativeLimits of(Predicate<LibraryInfo> filter, int threads) {
        Objects.requireNonNull(filter, "filter");
        OpenLimit.requireThreads(threads);
        entries.add(new Entry(filter, threads));
        return this;
    }

    /**
     * Opens them as one limit.
     *
     * @return the open limit, to be closed by the same thread
     * @throws IllegalStateException if nothing was added, or on a virtual thread
     */
    public ThreadLimit open() {
        if (entries.isEmpty()) {
            throw new IllegalStateException(
                    "open() on limits without a library: add one by of(…), ofPrefix(…) or ofFile(…), or call NativeThreads.limit(…) for"
                            + " all libraries");
        }
        List<Entry> all = List.copyOf(entries);
        int least = all.stream().mapToInt(Entry::threads).min().orElseThrow();
        return OpenLimit.open(LimitSelector.numbered(info -> least(all, info)), least, false);
    }

    private static int least(List<Entry> entries, LibraryInfo library) {
        return entries.stream()
                .filter(entry -> entry.libraries().test(library))
                .mapToInt(Entry::threads)
                .min()
                .orElse(0);
    }

    static Predicate<LibraryInfo> ofPrefix(String prefix) {
        List<String> known = LibraryRegistry.prefixes();
        if (!known.contains(prefix)) {
            throw new IllegalArgumentException(
                    "prefix = \"" + prefix + "\" is none that libraries are recognised by: give one of " + known
                            + ", select a library by its file, or register a LibraryFamily");
        }
        return info -> info.prefix().equals(prefix);
    }

    static Predicate<LibraryInfo> ofFile(Path file) {
        Path real;
        try {
            real = file.toRealPath();
        } catch (IOException e) {
            real = file.toAbsolutePath().normalize();
            Path name = real;
            if (NativeThreads.info().stream().noneMatch(info -> info.path().equals(name))) {
                throw new IllegalArgumentException(
                        "file = " + file + " does not exist and is no library that is loaded. Loaded are "
                                + NativeThreads.info().stream()
                                        .map(LibraryInfo::path)
                                        .toList(),
                        e);
            }
        }
        if (Files.isDirectory(real)) {
            throw new IllegalArgumentException("file = " + file + " is a folder: give the library's file");
        }
        Path wanted = real;
        return info -> info.path().equals(wanted);
    }
}
