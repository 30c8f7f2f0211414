package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.discovery.LoadedLibraries;
import io.heddle.discovery.LoadedLibraries.LoadedLibrary;
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

    private final LoadedLibraries loaded = new LoadedLibraries();
    private final Map<String, LibraryController> controllers = new LinkedHashMap<>();
    private final Map<LibraryController, LimitTarget> targets = new HashMap<>();
    private volatile KnownLibraries known = new KnownLibraries(-1, List.of(), new LimitTarget[0], false);

    private LibraryRegistry() {}

    /**
     * What is loaded now: one question to the dynamic linker where nothing changed.
     *
     * @return the libraries; the same instance as long as nothing changed
     */
    public static KnownLibraries current() {
        KnownLibraries known = PROCESS.known;
        return known.generation() == LoadedLibraries.generation() && !known.waiting() ? known : PROCESS.look();
    }

    private synchronized KnownLibraries look() {
        int generation = LoadedLibraries.generation();
        if (generation != known.generation()) {
            bind(loaded.unseen());
        }
        List<LimitTarget> limited = new ArrayList<>();
        boolean waiting = false;
        for (LibraryController controller : controllers.values()) {
            Optional<LibraryController> through = controller.limitedThrough();
            waiting |= through.isEmpty() && controller instanceof OpenMpController;
            through.map(this::target)
                    .filter(target -> !limited.contains(target))
                    .ifPresent(limited::add);
        }
        if (generation != known.generation() || limited.size() != known.targets().length) {
            known = new KnownLibraries(
                    generation, List.copyOf(controllers.values()), limited.toArray(new LimitTarget[0]), waiting);
        }
        return known;
    }

    private LimitTarget target(LibraryController controller) {
        return targets.computeIfAbsent(controller, c -> new LimitTarget(targets.size(), c));
    }

    private void bind(List<LoadedLibrary> unseen) {
        for (LibraryFamily family : FAMILIES) {
            for (LoadedLibrary library : unseen) {
                if (!controllers.containsKey(library.name())) {
                    bind(family, library);
                }
            }
        }
    }

    private void bind(LibraryFamily family, LoadedLibrary library) {
        Optional<String> prefix =
                family.prefixes().stream().filter(library::hasPrefix).findFirst();
        prefix.flatMap(p -> NativeLibrary.loaded(library.name())
                        .flatMap(open ->
                                family.bind(open, library, p, name -> Optional.ofNullable(controllers.get(name)))))
                .ifPresent(controller -> controllers.put(library.name(), controller));
    }
}
