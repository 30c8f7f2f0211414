import org.jspecify.annotations.NullMarked;

/** The demo: a grid search on real data with a real BLAS, uncontrolled and under Heddle. */
@NullMarked
module io.heddle.examples {
    requires info.picocli;
    requires io.heddle;
    requires io.heddle.openblas;
    requires static org.jspecify;

    opens io.heddle.examples to
            info.picocli;
}
