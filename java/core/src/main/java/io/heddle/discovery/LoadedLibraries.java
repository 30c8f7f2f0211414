package io.heddle.discovery;

import io.heddle.ffi.LinkMap;
import io.heddle.ffi.LinkMap.Listed;
import io.heddle.ffi.LoadedObjects;
import io.heddle.ffi.LoadedObjects.MappedFile;
import io.heddle.ffi.NativeLibrary;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/*
 * Whether anything was loaded since is asked on the path of every limit. The last library's record answers it by one read from memory
 * (LimitBenchmark.loadCheck), as long as that library cannot be unloaded; so it is held open until a later look finds another one to be
 * the last. That is the price: a library that happens to be the last stays loaded when its owner closes it. Without holding it, the record
 * could be freed while it is read, and a library that is closed and loaded again after another would hide that other one.
 *
 * dl_iterate_phdr would tell the same without holding anything, in about three times the time, but it calls back into Java under the
 * loader's lock, and there a full stack or heap ends the JVM and the flight recorder deadlocks with it (see LoadedObjects).
 *
 * What is new are the records after the last one. They are read through the kernel, as their libraries may be closed meanwhile, and then
 * held by their names. Where the process may not do that (a sandbox without process_vm_readv) the kernel's list of mapped files is read
 * instead, which takes some ten times as long.
 *
 * Before the reference to the former last library is given back its record is let go, which no thread can read then any more.
 */
/**
 * Remembers which loaded libraries were seen, and tells the new ones.
 *
 * <p>Thread-safe.
 */
public final class LoadedLibraries {
    private static final int ATTEMPTS = 20;

    /** Where the names of the JDK's own libraries begin. */
    public static final String JDK = System.getProperty("java.home", "") + "/";

    private static @Nullable Start start; // guarded by the class

    private final Predicate<String> worthOpening;
    private final Set<MappedFile> seen = new HashSet<>(); // used only where the link map cannot be walked
    private @Nullable LinkMap last;
    private @Nullable NativeLibrary lastLibrary; // null while the last one is the program itself

    /**
     * The beginning of the list, up to the last of the JDK's libraries that were loaded when it was read first. These stay, so nothing is
     * put before them any more.
     *
     * @param end the record of the last one
     * @param names all of them, and what was loaded between
     */
    private record Start(LinkMap end, List<String> names) {}

    /**
     * Starts with nothing seen.
     *
     * @param worthOpening asked with the name of each new library, one character for each byte, whether it is to be told
     */
    public LoadedLibraries(Predicate<String> worthOpening) {
        this.worthOpening = worthOpening;
    }

    /**
     * What was found by a look.
     *
     * @param unseen the libraries that were not there at the last look; each is held open by the caller now, who
     *     {@linkplain NativeLibrary#release() releases} those that are of no use
     * @param last the record of the library loaded last when the look began, held open until the next look; null if none was found,
     *     since libraries came and went meanwhile
     */
    public record Look(List<NativeLibrary> unseen, @Nullable LinkMap last) {}

    /**
     * Looks at what is loaded now.
     *
     * @return the new libraries, and the last one
     */
    public synchronized Look look() {
        Start before = last == null ? start() : new Start(last, List.of());
        for (int i = 0; i < ATTEMPTS && before != null; i++) {
            Optional<List<Listed>> after = before.end().after();
            if (after.isEmpty()) {
                break;
            }
            List<String> names = new ArrayList<>(before.names());
            after.get().forEach(each -> names.add(each.name()));
            if (after.get().isEmpty()) {
                last = before.end();
                return new Look(open(names), last);
            }
            Listed end = after.get().getLast();
            Optional<NativeLibrary> newLast = hold(end.name(), map -> map.is(end));
            if (newLast.isPresent()) {
                keep(newLast.get());
                return new Look(open(names), last);
            }
        }
        return lookAtMaps();
    }

    private static @Nullable Start start() {
        synchronized (LoadedLibraries.class) {
            if (start == null) {
                start = LinkMap.ofProgram()
                        .flatMap(program -> program.after().map(after -> startOf(program, after)))
                        .orElse(null);
            }
            return start;
        }
    }

    private static Start startOf(LinkMap program, List<Listed> after) {
        for (int end = after.size(); end > 0; end--) {
            Listed listed = after.get(end - 1);
            if (listed.name().startsWith(JDK)) {
                Optional<NativeLibrary> library = NativeLibrary.loaded(listed.name()); // never given back
                Optional<LinkMap> map = library.flatMap(NativeLibrary::linkMap).filter(each -> each.is(listed));
                if (map.isPresent()) {
                    return new Start(
                            map.get(),
                            after.subList(0, end).stream().map(Listed::name).toList());
                }
                library.ifPresent(NativeLibrary::release);
            }
        }
        return new Start(program, List.of());
    }

    /** Makes every library new again to the next look: what the last one told was not taken. */
    public synchronized void reset() {
        seen.clear();
        letGo();
    }

    /**
     * Gives the reference to a library back, if it is held as the last one.
     *
     * @param name by which the linker lists it, one character for each byte
     */
    public synchronized void letGo(String name) {
        if (lastLibrary != null && lastLibrary.name().equals(name)) {
            letGo();
        }
    }

    private void letGo() {
        if (last != null && lastLibrary != null) {
            last.letGo();
        }
        last = null;
        if (lastLibrary != null) {
            lastLibrary.release();
            lastLibrary = null;
        }
    }

    /** Gives the last reference back. For one whose looks no other thread has seen. */
    public synchronized void close() {
        if (lastLibrary != null) {
            lastLibrary.release();
            lastLibrary = null;
        }
    }

    synchronized Look lookAtMaps() {
        NativeLibrary newLast = findLast(LoadedObjects.files());
        // Read again while the last one is held: whatever was loaded before it is in this list.
        List<MappedFile> files = LoadedObjects.files();
        List<NativeLibrary> unseen = new ArrayList<>();
        seen.retainAll(new HashSet<>(files));
        for (MappedFile file : files) {
            if (!seen.contains(file)) {
                List<NativeLibrary> opened = open(List.of(file.name()));
                unseen.addAll(opened);
                if (!opened.isEmpty()) {
                    seen.add(file); // one that cannot be opened yet is new again to the next look
                }
            }
        }
        if (newLast == null) {
            reset();
        } else {
            keep(newLast);
        }
        return new Look(unseen, last);
    }

    private @Nullable NativeLibrary findLast(List<MappedFile> files) {
        List<MappedFile> newFirst = new ArrayList<>(files);
        newFirst.sort((a, b) -> Boolean.compare(seen.contains(a), seen.contains(b)));
        for (MappedFile file : newFirst) {
            Optional<NativeLibrary> library = hold(file.name(), _ -> true);
            if (library.isPresent()) {
                return library.get();
            }
        }
        return null;
    }

    /** The library of that name, if it is the last one and accepted. */
    private static Optional<NativeLibrary> hold(String name, Predicate<LinkMap> accepted) {
        Optional<NativeLibrary> library = NativeLibrary.loaded(name);
        if (library.flatMap(NativeLibrary::linkMap)
                .filter(map -> accepted.test(map) && map.isLast())
                .isPresent()) {
            return library;
        }
        library.ifPresent(NativeLibrary::release);
        return Optional.empty();
    }

    private List<NativeLibrary> open(List<String> names) {
        List<NativeLibrary> opened = new ArrayList<>();
        for (String name : names) {
            if (worthOpening.test(name)) {
                NativeLibrary.loaded(name).ifPresent(opened::add);
            }
        }
        return opened;
    }

    private void keep(NativeLibrary newLast) {
        letGo();
        lastLibrary = newLast;
        last = newLast.linkMap().map(LinkMap::shared).orElse(null);
    }
}
