import org.jspecify.annotations.NullMarked;

/** The embedded default BLAS: OpenBLAS out of a Maven jar, unpacked once per user and opened without JNI. */
@NullMarked
module io.heddle.openblas {
    requires transitive io.heddle;
    requires static org.jspecify;

    exports io.heddle.openblas;
}
