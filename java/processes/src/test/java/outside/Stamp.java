package outside;

import io.heddle.TaskFunction;
import java.io.Serializable;

/** What a user sends: of a class that only the caller has, where the worker has not the class path. */
public record Stamp(int number, String loader) implements Serializable {
    /** Makes stamps that say which class loader their maker is of. */
    public static TaskFunction<Stamp, Stamp> maker() {
        return stamp ->
                new Stamp(2 * stamp.number(), Stamp.class.getClassLoader().getName());
    }
}
