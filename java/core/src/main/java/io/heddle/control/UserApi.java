package io.heddle.control;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The programming interface that a user calls, behind which a library starts threads. */
public enum UserApi {
    /** Linear algebra: OpenBLAS, MKL, BLIS, FlexiBLAS. */
    BLAS,
    /** Parallel regions of compiled code: libgomp, libomp, libiomp5. */
    OPENMP,
    /** A library in Java with threads of its own, through a controller that a user registered. */
    JAVA,
    /** Anything else that a user registered. */
    OTHER;

    /**
     * The interface of a name, as it stands in configuration.
     *
     * @param name one of {@code blas}, {@code openmp}, {@code java}, {@code other}, in any case
     * @return the interface
     * @throws IllegalArgumentException if there is none of that name
     */
    public static UserApi of(String name) {
        return Arrays.stream(values())
                .filter(api -> api.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("\"" + name + "\" is no user API: give one of "
                        + Arrays.stream(values()).map(UserApi::toString).collect(Collectors.joining(", "))));
    }

    /** The name in lower case, as it stands in configuration and reports. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
