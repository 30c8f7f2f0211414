package io.heddle.ray.cluster;

import io.ray.api.Ray;
import io.ray.api.id.ActorId;
import org.jspecify.annotations.Nullable;

/**
 * What Ray's Java API does not tell, though the jar's own classes know it. They are found by their names: where they are not as expected,
 * each call throws. Each may wait for the cluster's head.
 */
final class RayInternals {
    /** The factory of the runtime, which tells whether the jar is there. */
    static final String RUNTIME = "io.ray.runtime.DefaultRayRuntimeFactory";

    private RayInternals() {}

    /** A value of the cluster's own table; null if there is none, or before {@link Ray#init} has reached the head. */
    static byte @Nullable [] clusterValue(String namespace, String key) throws ReflectiveOperationException {
        return (byte[]) ask("getInternalKV", new Class<?>[] {String.class, String.class}, namespace, key);
    }

    /** The row of an actor; null if there is none. */
    static byte @Nullable [] actorRow(ActorId actor) throws ReflectiveOperationException {
        return (byte[]) ask("getActorInfo", new Class<?>[] {ActorId.class}, actor);
    }

    static Class<?> type(String name) throws ClassNotFoundException {
        return Class.forName(name, true, Ray.class.getClassLoader());
    }

    private static @Nullable Object ask(String method, Class<?>[] types, Object... arguments)
            throws ReflectiveOperationException {
        Class<?> type = type("io.ray.runtime.gcs.GlobalStateAccessor");
        var field = type.getDeclaredField("globalStateAccessor"); // one for the process
        field.setAccessible(true);
        Object accessor = field.get(null);
        return accessor == null ? null : type.getMethod(method, types).invoke(accessor, arguments);
    }
}
