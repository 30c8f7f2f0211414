package io.heddle.examples;

import io.heddle.ParallelConfig;
import java.util.Arrays;
import java.util.stream.Stream;

/**
 * The names of the backends on which examples must run alike: those of this machine, and what {@code HEDDLE_TEST_BACKENDS} names more,
 * separated by commas, each with an address where it has one ({@code ray,dask=tcp://127.0.0.1:8786}). Nothing but the name says which one it
 * is.
 */
public final class BackendsUnderTest {
    private static final String VARIABLE = "HEDDLE_TEST_BACKENDS";
    /** Names the one backend of a run beside its engine. */
    static final String ONLY = "HEDDLE_TEST_ONLY_BACKEND";

    private BackendsUnderTest() {}

    public static Stream<String> names() {
        String only = System.getenv(ONLY);
        return only == null ? all() : Stream.of(only);
    }

    private static Stream<String> all() {
        return Stream.concat(
                Stream.of("threads", "processes"),
                Arrays.stream(System.getenv().getOrDefault(VARIABLE, "").split(",", -1))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty()));
    }

    /** What a caller says who was given such a name. */
    public static ParallelConfig config(String name) {
        int address = name.indexOf('=');
        return new BackendChoice(
                        address < 0 ? name : name.substring(0, address),
                        address < 0 ? null : name.substring(address + 1))
                .config();
    }
}
