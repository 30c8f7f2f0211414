package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.discovery.LoadedLibraries;
import io.heddle.discovery.LoadedLibraries.LoadedLibrary;
import io.heddle.discovery.LoadedLibraries.Look;
import io.heddle.ffi.LinkMap;
import io.heddle.ffi.NativeLibrary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The controllers of all native libraries loaded in this process. A library that was loaded since the last question is found by the
 * next; one that was found stays open for the life of the JVM.
 *
 * <p>Thread-safe.
 */
public final class LibraryRegistry {
    private static final LibraryRegistry PROCESS = new LibraryRegistry();

    /** In this order: OpenBLAS' OpenMP builds need their runtime bound first. */
    private static final List<LibraryFamily> FAMILIES = List.of(new OpenMpFamily(), new OpenBlasFamily());

    private static final long WAITING_NANOS = 1_000_000;

    private final LoadedLibraries loaded = new LoadedLibraries();
    private final Map<String, LibraryController> controllers = new LinkedHashMap<>();
    private final Map<LibraryController, LimitTarget> targets = new HashMap<>();
    private volatile KnownLibraries known = new KnownLibraries(null, List.of(), new LimitTarget[0], false);
    private volatile long lookedNanos;

    private LibraryRegistry() {}

    /**
     * What is loaded now.
     *
     * @return the libraries; the same instance as long as nothing changed
     * @throws IllegalStateException if native access is denied to this module
     */
    public static KnownLibraries current() {
        KnownLibraries known = PROCESS.known;
        try {
            return !known.waiting() && known.isComplete() ? known : PROCESS.look();
        } catch (LinkageError e) {
            throw noNativeAccess(e);
        }
    }

    /**
     * What is loaded now; but a library that waits to be used first is asked about {@link #WAITING_NANOS} after the last time at the
     * earliest, since that looks for files.
     *
     * @return the libraries; the same instance as long as nothing changed
     */
    public static KnownLibraries recent() {
        KnownLibraries known = PROCESS.known;
        return known.waiting() && known.isComplete() && System.nanoTime() - PROCESS.lookedNanos < WAITING_NANOS
                ? known
                : current();
    }

    private static IllegalStateException noNativeAccess(LinkageError cause) {
        return new IllegalStateException(
                "Heddle cannot call native functions here: start the JVM with --enable-native-access=io.heddle (class path:"
                        + " ALL-UNNAMED), on Linux with glibc",
                cause);
    }

    private synchronized KnownLibraries look() {
        LinkMap last = known.last();
        boolean complete = known.isComplete();
        if (!complete) {
            Look look = loaded.look();
            try {
                bind(look.unseen());
            } catch (RuntimeException | Error e) {
                look.unseen().forEach(loaded::forget); // they are new again to the next look
                throw e;
            }
            last = look.last();
        }
        List<LimitTarget> limited = new ArrayList<>();
        boolean waiting = false;
        for (LibraryController controller : controllers.values()) {
            controller
                    .limitedThrough()
                    .map(this::target)
                    .filter(target -> !limited.contains(target))
                    .ifPresent(limited::add);
            waiting |= controller instanceof OpenMpController openMp && openMp.isWaiting();
        }
        if (!complete || limited.size() != known.targets().length || waiting != known.waiting()) {
            known = new KnownLibraries(
                    last, List.copyOf(controllers.values()), limited.toArray(new LimitTarget[0]), waiting);
        }
        lookedNanos = System.nanoTime();
        return known;
    }

    private LimitTarget target(LibraryController controller) {
        return targets.computeIfAbsent(controller, c -> new LimitTarget(targets.size(), c));
    }

    private void bind(List<LoadedLibrary> unseen) {
        for (LibraryFamily family : FAMILIES) {
            for (LoadedLibrary library : unseen) {
                prefixOf(family, library).ifPresent(prefix -> bind(family, library, prefix));
            }
        }
    }

    private static Optional<String> prefixOf(LibraryFamily family, LoadedLibrary library) {
        String name = library.mapped().name();
        String file = name.substring(name.lastIndexOf('/') + 1);
        return family.prefixes().stream().filter(file::startsWith).findFirst();
    }

    private void bind(LibraryFamily family, LoadedLibrary library, String prefix) {
        Optional<NativeLibrary> open = NativeLibrary.loaded(library.mapped().name());
        if (open.isEmpty()) {
            loaded.forget(library);
            return;
        }
        NativeLibrary opened = open.get();
        boolean bound = false;
        try {
            if (!controllers.containsKey(opened.name())) {
                Optional<LibraryController> controller = family.bind(opened, library.file(), prefix, controllers);
                controller.ifPresent(each -> controllers.put(opened.name(), each));
                bound = controller.isPresent();
            }
        } finally {
            if (!bound) {
                opened.release();
            }
        }
    }
}
