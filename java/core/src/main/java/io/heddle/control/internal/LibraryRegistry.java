package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryFamily;
import io.heddle.control.Registration;
import io.heddle.control.internal.NativeFamily.Candidate;
import io.heddle.discovery.LoadedLibraries;
import io.heddle.discovery.LoadedLibraries.Look;
import io.heddle.ffi.LinkMap;
import io.heddle.ffi.NativeLibrary;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The controllers of all libraries of this process: the native ones that are loaded, and what users registered. A library that was loaded
 * since the last question is found by the next; one that was found stays open for the life of the JVM.
 *
 * <p>Thread-safe.
 */
@SuppressWarnings("ReferenceEquality") // a controller is itself only, whatever its equals says
public final class LibraryRegistry {
    private static final System.Logger LOGGER = System.getLogger("io.heddle");

    /** FlexiBLAS exports the setters of the other BLAS families too, so it is asked before them. */
    private static final List<NativeFamily> OWN_FAMILIES =
            List.of(new OpenMpFamily(), new FlexiBlasFamily(), new MklFamily(), new OpenBlasFamily(), new BlisFamily());

    /** Libraries of the C, C++ and Fortran runtimes and of the JDK export no pool: they are not asked for symbols. */
    private static final List<String> RUNTIMES = List.of(
            "libc.so",
            "libm.so",
            "libdl.so",
            "librt.so",
            "libpthread.so",
            "libutil.so",
            "libz.so",
            "ld-linux",
            "ld-musl",
            "linux-vdso",
            "libgcc_s",
            "libstdc++",
            "libgfortran",
            "libquadmath");

    private static final String RUNTIME_INSIDE = "\0runtime"; // no file name has it
    private static final long WAITING_NANOS = 1_000_000;
    private static final long LONGEST_WAIT_NANOS = 2_000_000_000;
    private static final long RETRY_NANOS = 50_000;
    private static final int MOST_FAILURES = 100;
    private static final AtomicInteger REGISTRATIONS = new AtomicInteger();
    private static final LibraryRegistry PROCESS = new LibraryRegistry();

    private final ReentrantLock lock = new ReentrantLock();
    private final LoadedLibraries loaded = new LoadedLibraries(this::isWorthOpening);
    private final List<NativeFamily> families = new CopyOnWriteArrayList<>(OWN_FAMILIES);
    private final Set<String> reserved = ConcurrentHashMap.newKeySet();
    private final Map<String, LibraryController> controllers = new LinkedHashMap<>();
    private final IdentityHashMap<LibraryController, Thread> owners = new IdentityHashMap<>();
    private final IdentityHashMap<LibraryController, LimitTarget> targets = new IdentityHashMap<>();
    private final List<WeakReference<LimitTarget>> removed =
            new ArrayList<>(); // limits that are open may hold them still
    private final List<NativeLibrary> bound = new ArrayList<>();
    private final KnownView view = new KnownView();
    private int targetsMade;
    private boolean providersLoaded;
    private boolean changed;
    private volatile KnownLibraries known = KnownLibraries.NONE;
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

    /**
     * Finds and opens all libraries as if for the first time, and forgets them again. For the benchmark of the discovery.
     *
     * @return how many there are
     */
    public static int discoverAnew() {
        LibraryRegistry anew = new LibraryRegistry();
        anew.providersLoaded = true;
        int found = anew.look().controllers().size();
        anew.loaded.close();
        anew.bound.forEach(NativeLibrary::release);
        return found;
    }

    /**
     * Every file-name prefix by which a library is recognised.
     *
     * @return the prefixes of Heddle's own families and of those that users provide
     */
    public static List<String> prefixes() {
        current();
        return PROCESS.families.stream()
                .flatMap(family -> family.prefixes().stream())
                .toList();
    }

    /**
     * Registers a family of libraries. Those that are loaded already are offered to it.
     *
     * @param family the family
     * @return what takes it back; libraries that it has bound stay
     * @throws IllegalArgumentException if the family has neither prefixes nor symbols
     */
    public static Registration register(LibraryFamily family) {
        NativeFamily custom = new CustomFamily(family);
        PROCESS.addFamily(custom);
        return () -> PROCESS.families.remove(custom);
    }

    /**
     * Registers one controller.
     *
     * @param controller the controller
     * @return what takes it back
     * @throws IllegalArgumentException if the same instance is registered already
     */
    public static Registration register(LibraryController controller) {
        if (controller.info() == null) {
            throw new IllegalArgumentException(
                    "controller = " + controller + " has no info(): let it describe its pool");
        }
        String name = "registered:" + REGISTRATIONS.incrementAndGet();
        add(name, controller, null);
        return () -> remove(name, controller);
    }

    /**
     * Keeps a library that is going to be opened out of the sight of all but its owner.
     *
     * @param file its file, by the very name it is going to be opened by
     * @return false if it is reserved already
     */
    static boolean reserve(Path file) {
        return PROCESS.reserved.add(NativeLibrary.nameOf(file));
    }

    /** Ends {@link #reserve}, of a library that nobody but the registry holds open now: it is unloaded. */
    static void unreserve(Path file) {
        String name = NativeLibrary.nameOf(file);
        PROCESS.loaded.letGo(name);
        PROCESS.reserved.remove(name); // not before: a look of another thread would take it for everybody's
    }

    /** The controller that the families make of a reserved library. */
    static Optional<LibraryController> bindReserved(NativeLibrary library, Path file) {
        PROCESS.lock.lock();
        try {
            return PROCESS.bindOne(new Candidate(library, new LibraryFile(file), ""));
        } finally {
            PROCESS.lock.unlock();
        }
    }

    static LimitTarget add(String name, LibraryController controller, @Nullable Thread owner) {
        return PROCESS.addController(name, controller, owner);
    }

    static void remove(String name, LibraryController controller) {
        PROCESS.removeController(name, controller);
    }

    private static IllegalStateException noNativeAccess(LinkageError cause) {
        return new IllegalStateException(
                "Heddle cannot call native functions here: start the JVM with --enable-native-access=io.heddle (class path:"
                        + " ALL-UNNAMED), on Linux with glibc",
                cause);
    }

    private void addFamily(NativeFamily family) {
        lock.lock();
        try {
            families.add(family);
            loaded.reset();
            known = known.outdated();
        } finally {
            lock.unlock();
        }
    }

    private LimitTarget addController(String name, LibraryController controller, @Nullable Thread owner) {
        lock.lock();
        try {
            if (controllers.values().stream().anyMatch(each -> each == controller)) {
                throw new IllegalArgumentException("controller = " + controller
                        + " is registered already: close its registration first, or register another instance");
            }
            controllers.put(name, controller);
            if (owner != null) {
                owners.put(controller, owner);
            }
            changed = true;
            known = known.outdated();
            return target(controller);
        } finally {
            lock.unlock();
        }
    }

    private void removeController(String name, LibraryController controller) {
        lock.lock();
        try {
            if (controllers.remove(name, controller)) {
                owners.remove(controller);
                LimitTarget target = targets.remove(controller);
                if (target != null) {
                    removed.add(new WeakReference<>(target));
                }
                changed = true;
                known = known.outdated();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Looks; but where another thread does that for longer than {@link #LONGEST_WAIT_NANOS}, what was known before has to do. That other
     * thread waits for the dynamic linker then, whose lock this one may hold: a library's constructor that calls into Java does.
     */
    private KnownLibraries look() {
        long start = System.nanoTime();
        while (!lock.tryLock()) {
            if (System.nanoTime() - start > LONGEST_WAIT_NANOS) {
                return known;
            }
            LockSupport.parkNanos(RETRY_NANOS);
        }
        try {
            return lookLocked();
        } finally {
            lock.unlock();
        }
    }

    private KnownLibraries lookLocked() {
        LinkMap last = known.last();
        boolean complete = known.isComplete();
        if (!complete) {
            loadProviders();
            Look look = loaded.look();
            try {
                bind(look.unseen());
            } catch (RuntimeException | Error e) {
                loaded.reset(); // what was not bound is new again to the next look
                throw e;
            }
            last = look.last();
        }
        List<LimitTarget> limited = new ArrayList<>();
        boolean waiting = false;
        for (LibraryController controller : List.copyOf(controllers.values())) {
            controller
                    .limitedThrough()
                    .map(this::target)
                    .filter(target -> !limited.contains(target))
                    .ifPresent(limited::add);
            waiting |= controller instanceof Waiting may && may.isWaiting();
        }
        LimitTarget[] now = limited.toArray(new LimitTarget[0]);
        OpenMpController[] served = controllers.values().stream()
                .filter(each -> each instanceof OpenMpController openMp && openMp.hasSetters())
                .toArray(OpenMpController[]::new);
        int setters = KnownLibraries.settersOf(served);
        if (changed
                || known.last() != last
                || !isSame(now, known.targets())
                || waiting != known.waiting()
                || setters != known.setters()) {
            known = new KnownLibraries(last, List.copyOf(controllers.values()), now, waiting, served, setters);
            changed = false;
        }
        lookedNanos = System.nanoTime();
        return known;
    }

    private static boolean isSame(LimitTarget[] some, LimitTarget[] others) {
        return List.of(some).equals(List.of(others));
    }

    private LimitTarget target(LibraryController controller) {
        LimitTarget target = targets.get(controller);
        if (target == null) {
            target = formerTarget(controller)
                    .orElseGet(() -> new LimitTarget(targetsMade++, controller, owners.get(controller)));
            targets.put(controller, target);
        }
        return target;
    }

    /** The target of a controller that is registered again: limits of before and after have to share a lease. */
    private Optional<LimitTarget> formerTarget(LibraryController controller) {
        Optional<LimitTarget> former = Optional.empty();
        for (Iterator<WeakReference<LimitTarget>> each = removed.iterator(); each.hasNext(); ) {
            LimitTarget target = each.next().get();
            if (target == null) {
                each.remove();
            } else if (target.controller() == controller) {
                former = Optional.of(target);
                each.remove();
            }
        }
        return former;
    }

    private void loadProviders() {
        if (providersLoaded) {
            return;
        }
        providersLoaded = true;
        Iterator<LibraryFamily> providers = ServiceLoader.load(
                        LibraryFamily.class, LibraryFamily.class.getClassLoader())
                .iterator();
        for (int failures = 0; failures < MOST_FAILURES; ) {
            try {
                if (!providers.hasNext()) {
                    return;
                }
                families.add(new CustomFamily(providers.next()));
            } catch (ServiceConfigurationError | IllegalArgumentException e) {
                failures++;
                LOGGER.log(
                        Level.WARNING,
                        "A provider of " + LibraryFamily.class.getName()
                                + " is left out. Check its entry in META-INF/services or its module-info.",
                        e);
            }
        }
    }

    private boolean isWorthOpening(String name) {
        if (reserved.contains(name)) {
            return false;
        }
        String file = fileName(name);
        for (NativeFamily family : families) {
            if (prefixOf(family, file).isPresent()) {
                return true;
            }
        }
        return !name.startsWith(LoadedLibraries.JDK) && startOf(RUNTIMES, file).isEmpty();
    }

    private static String fileName(String name) {
        return name.substring(name.lastIndexOf('/') + 1);
    }

    private static Optional<String> prefixOf(NativeFamily family, String file) {
        return startOf(family.prefixes(), file);
    }

    /** A loop, as every name of every library in the process is asked about. */
    private static Optional<String> startOf(List<String> prefixes, String file) {
        for (String prefix : prefixes) {
            if (file.startsWith(prefix)) {
                return Optional.of(prefix);
            }
        }
        return Optional.empty();
    }

    private void bind(List<NativeLibrary> unseen) {
        int done = 0;
        try {
            for (; done < unseen.size(); done++) {
                NativeLibrary library = unseen.get(done);
                if (controllers.containsKey(library.name()) || !bind(library)) {
                    library.release();
                }
            }
        } finally {
            unseen.subList(done, unseen.size()).forEach(NativeLibrary::release);
        }
        List<OpenMpController> llvm = controllers.values().stream()
                .filter(OpenMpController.class::isInstance)
                .map(OpenMpController.class::cast)
                .filter(OpenMpController::isLlvm)
                .toList();
        if (llvm.size() > 1) {
            Advice.twoLlvmRuntimes(llvm.get(0).file(), llvm.get(1).file());
        }
    }

    private boolean bind(NativeLibrary library) {
        Optional<LibraryController> controller = bindOne(new Candidate(library, new LibraryFile(library.path()), ""));
        controller.ifPresent(each -> {
            controllers.put(library.name(), each);
            bound.add(library);
            changed = true;
        });
        return controller.isPresent();
    }

    /** By its file name first; the symbols are for a file whose name tells nothing, or lies. */
    private Optional<LibraryController> bindOne(Candidate candidate) {
        String file = fileName(candidate.library().name());
        for (NativeFamily family : families) {
            Optional<LibraryController> controller = prefixOf(family, file)
                    .or(() -> isFlexiBlas(family, candidate) ? Optional.of("") : Optional.empty())
                    .flatMap(prefix -> family.bind(new Candidate(candidate.library(), candidate.file(), prefix), view));
            if (controller.isPresent()) {
                return controller;
            }
        }
        for (NativeFamily family : families) {
            if (family.symbols().stream()
                    .anyMatch(symbol -> candidate.library().findOwn(symbol).isPresent())) {
                Optional<LibraryController> controller = family.bind(candidate, view);
                if (controller.isPresent()) {
                    return controller;
                }
            }
        }
        return Optional.empty();
    }

    /** Distributions give FlexiBLAS the names of the others, whose functions it exports. */
    private static boolean isFlexiBlas(NativeFamily family, Candidate candidate) {
        return family instanceof FlexiBlasFamily
                && family.symbols().stream()
                        .anyMatch(symbol -> candidate.library().findOwn(symbol).isPresent());
    }

    /** What families see of the registry while they bind, under its lock. */
    private final class KnownView implements NativeFamily.Known {
        @Override
        public Optional<LibraryController> find(String name) {
            LibraryController there = controllers.get(name);
            if (there == null || !(there instanceof OpenMpController)) {
                there = controllers.get(name + RUNTIME_INSIDE);
            }
            return there != null ? Optional.of(there) : bindRuntime(name);
        }

        /** A runtime that was not met yet, under a file name that tells nothing perhaps, or inside the library that uses it. */
        private Optional<LibraryController> bindRuntime(String name) {
            Optional<NativeLibrary> runtime = NativeLibrary.loaded(name);
            if (runtime.isEmpty()) {
                return Optional.empty();
            }
            NativeLibrary open = runtime.get();
            String file = fileName(name);
            NativeFamily family = OWN_FAMILIES.getFirst();
            Optional<LibraryController> controller = family.bind(
                    new Candidate(
                            open,
                            new LibraryFile(open.path()),
                            prefixOf(family, file).orElse("")),
                    this);
            if (controller.isEmpty()) {
                open.release();
                return Optional.empty();
            }
            boolean ownFile = prefixOf(family, file).isPresent();
            controllers.put(ownFile ? name : name + RUNTIME_INSIDE, controller.get());
            bound.add(open);
            changed = true;
            return controller;
        }

        @Override
        public Collection<LibraryController> all() {
            return controllers.values();
        }
    }

    /** A controller that may be callable later. */
    interface Waiting {
        /** Whether it was not callable when asked last, and may become so. */
        boolean isWaiting();
    }
}
