import org.jspecify.annotations.NullMarked;

/** The {@code heddle} command: what a process's native thread pools do, what to do about it, and a stress test of the limits on them. */
@NullMarked
module io.heddle.cli {
    requires com.google.gson;
    requires info.picocli;
    requires io.heddle;
    requires io.heddle.openblas;
    requires static org.jspecify;

    opens io.heddle.cli to
            info.picocli;
    opens io.heddle.cli.stress to
            com.google.gson;
}
