package io.heddle.ffi;

import io.heddle.bindings.Dl_info;
import io.heddle.bindings.LibC;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One shared library that is loaded in this process. Unless it is {@linkplain #release() released} it is held open: a function's address
 * stays valid for the life of the JVM, even when whoever loaded the library closes it.
 *
 * <p>Thread-safe.
 */
public final class NativeLibrary {
    static {
        // The first use of a bound function looks it up by dlsym, which clears a pending error: dlerror is looked up
        // before any error.
        LibC.dlerror$handle();
    }

    /** As C strings: every library that is loaded is asked for each. They are few, and the caller's constants. */
    private static final Map<String, MemorySegment> KNOWN_SYMBOLS = new ConcurrentHashMap<>();

    private final String name;
    private final MemorySegment handle;
    private final @Nullable LinkMap map;
    private final @Nullable MappedRange range;

    private NativeLibrary(MemorySegment handle, String opened) {
        LinkMap map = LinkMap.of(handle).orElse(null);
        this.handle = handle;
        this.map = map;
        // The linker keeps a file's first name: one that was loaded before, through a link perhaps, is listed by that.
        this.name = map == null ? opened : map.name();
        this.range = map == null ? null : MappedRange.around(map.dynamicSection());
    }

    /**
     * Opens a library by {@code dlopen(file, RTLD_NOW | RTLD_LOCAL)}: its symbols do not reach libraries that are loaded later, so no
     * BLAS gets its calls answered by another one.
     *
     * @param file the library's file
     * @return the open library
     * @throws NativeLibraryException if the dynamic linker refuses; the message has its reason
     */
    public static NativeLibrary open(Path file) {
        String name = file.toAbsolutePath().toString();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = LibC.dlopen(arena.allocateFrom(name), LibC.RTLD_NOW() | LibC.RTLD_LOCAL());
            if (handle.address() == 0) {
                throw new NativeLibraryException(
                        "dlopen(\"" + name + "\", RTLD_NOW | RTLD_LOCAL) failed: " + lastError()
                                + ". Check that the file exists, is built for this machine, and that the libraries it needs can be found"
                                + " (ldd " + name + ").");
            }
            return new NativeLibrary(handle, nameOf(file));
        }
    }

    /**
     * A library that is loaded already; it is not loaded if it is not there.
     *
     * @param name a name of its file, one character for each byte
     * @return the library, or empty if it was unloaded meanwhile
     */
    public static Optional<NativeLibrary> loaded(String name) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment handle = LibC.dlopen(
                    arena.allocateFrom(name, StandardCharsets.ISO_8859_1), LibC.RTLD_LAZY() | LibC.RTLD_NOLOAD());
            return handle.address() == 0 ? Optional.empty() : Optional.of(new NativeLibrary(handle, name));
        }
    }

    /**
     * The dynamic linker's record of this library.
     *
     * @return the record, or empty where the C library has none
     */
    public Optional<LinkMap> linkMap() {
        return Optional.ofNullable(map);
    }

    /**
     * Gives the reference back, so that whoever loaded the library can unload it. For one that was opened to look at it only: this object
     * and every address found through it are not to be used any more.
     */
    public void release() {
        LibC.dlclose(handle);
    }

    private static String lastError() {
        MemorySegment text = LibC.dlerror();
        return text.address() == 0 ? "no reason given" : text.getString(0);
    }

    /**
     * The library's file, by the name it was first opened by.
     *
     * @return its path, with a question mark for what the locale cannot spell
     */
    public Path path() {
        return path(name);
    }

    /**
     * A file name as a path.
     *
     * @param name one character for each byte
     * @return its path, with a question mark for what the locale cannot spell
     */
    public static Path path(String name) {
        String text = new String(name.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            return Path.of(text.replaceAll("[^\\x20-\\x7E]", "?"));
        }
    }

    /**
     * The name by which a file is listed that {@link #open} opens first.
     *
     * @param file the library's file
     * @return its absolute name, one character for each byte
     */
    public static String nameOf(Path file) {
        byte[] bytes = file.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /**
     * The name by which the dynamic linker lists this library.
     *
     * @return the name, one character for each byte, as {@code dladdr} reports it
     */
    public String name() {
        return name;
    }

    /**
     * The address of a symbol, as {@code dlsym} answers: the library's own, or one of a library it depends on.
     *
     * @param symbol the C name
     * @return its address, or empty
     */
    public Optional<MemorySegment> find(String symbol) {
        return lookup(handle, symbol);
    }

    /**
     * The address of a symbol that lies in this very file. {@code dlsym} walks a library's dependencies and so answers
     * {@code omp_set_num_threads} of libgomp for an OpenBLAS that merely uses it; where the address lies tells whose it is.
     *
     * @param symbol the C name
     * @return its address, or empty if the symbol is missing or another library's
     */
    public Optional<MemorySegment> findOwn(String symbol) {
        MemorySegment address = LibC.dlsym(handle, KNOWN_SYMBOLS.computeIfAbsent(symbol, Arena.global()::allocateFrom));
        return address.address() != 0 && isOwn(address.address()) ? Optional.of(address) : Optional.empty();
    }

    private boolean isOwn(long address) {
        return range != null ? range.contains(address) : fileOf(address).equals(Optional.of(name));
    }

    /**
     * An {@code int} variable that lies in this very file.
     *
     * @param symbol the C name
     * @return reads the variable's value at each call; empty if the symbol is missing or another library's
     */
    public Optional<IntSupplier> findOwnInt(String symbol) {
        return findOwn(symbol).map(address -> {
            MemorySegment variable = address.reinterpret(ValueLayout.JAVA_INT.byteSize());
            return () -> variable.get(ValueLayout.JAVA_INT, 0);
        });
    }

    /**
     * As {@link #findOwn}, for code that does not touch memory segments.
     *
     * @param symbol the C name
     * @return its address, or empty if the symbol is missing or another library's
     */
    public OptionalLong addressOfOwn(String symbol) {
        return findOwn(symbol)
                .map(address -> OptionalLong.of(address.address()))
                .orElse(OptionalLong.empty());
    }

    /**
     * The symbol that a call from a library in the global scope reaches first.
     *
     * @param symbol the C name
     * @return its address, or empty if no library of the global scope exports it
     */
    public static Optional<MemorySegment> findGlobal(String symbol) {
        return lookup(MemorySegment.NULL, symbol); // RTLD_DEFAULT is a null handle on Linux
    }

    private static Optional<MemorySegment> lookup(MemorySegment handle, String symbol) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = LibC.dlsym(handle, arena.allocateFrom(symbol));
            return address.address() == 0 ? Optional.empty() : Optional.of(address);
        }
    }

    /**
     * The loaded file that holds an address, by {@code dladdr}.
     *
     * @param address an address in this process
     * @return the file's name as the dynamic linker lists it, one character for each byte, or empty if no loaded file holds the address
     */
    public static Optional<String> fileOf(long address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = Dl_info.allocate(arena);
            if (LibC.dladdr(MemorySegment.ofAddress(address), info) == 0) {
                return Optional.empty();
            }
            MemorySegment file = Dl_info.dli_fname(info);
            return file.address() == 0 ? Optional.empty() : Optional.of(file.getString(0, StandardCharsets.ISO_8859_1));
        }
    }

    /**
     * A method handle on a function of this library. The restricted call happens here, so that the caller's module needs no native
     * access of its own.
     *
     * @param symbol the C name
     * @param descriptor its signature; a wrong one corrupts memory
     * @param options options of the linker
     * @return the handle
     * @throws NoSuchElementException if the library does not export the symbol
     */
    public MethodHandle downcall(String symbol, FunctionDescriptor descriptor, Linker.Option... options) {
        MemorySegment address = find(symbol)
                .orElseThrow(
                        () -> new NoSuchElementException(
                                "The library " + path() + " exports no symbol '" + symbol
                                        + "'. Check the name (a 64-bit integer build may add a suffix such as 64_) or open another build."));
        return Linker.nativeLinker().downcallHandle(address, descriptor, options);
    }

    @Override
    public String toString() {
        return path().toString();
    }
}
