package io.heddle.processes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.heddle.Outcome;
import io.heddle.Parallel;
import io.heddle.TaskFailedException;
import io.heddle.TaskFunction;
import io.heddle.processes.failure.TaskTransferException;
import io.heddle.processes.wire.Unsendable;
import java.io.NotSerializableException;
import java.io.Serializable;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a message says of an object that cannot be sent: what it is, and how it got into the task. */
@Timeout(60)
class UnsendableTest {
    private static OwnWorkers workers;

    /** Not serialisable. */
    private static final class Solver {
        private final int order = 3;

        int solve(int input) {
            return input * order;
        }
    }

    @SuppressWarnings({"serial", "UnusedVariable"}) // what is in it is the point
    private static class Model implements Serializable {
        private static final long serialVersionUID = 1L;
        final String name = "model";

        final Object part;

        final transient Object left = new Object();

        Model(Object part) {
            this.part = part;
        }
    }

    private static final class Special extends Model {
        private static final long serialVersionUID = 1L;

        Special(Object part) {
            super(part);
        }
    }

    private record Pair(Object left, Object right) implements Serializable {}

    private final int factor = 2;

    @BeforeAll
    static void open() {
        workers = OwnWorkers.create();
    }

    @AfterAll
    static void close() {
        workers.close();
    }

    private static Parallel parallel() {
        return workers.jobs(2);
    }

    private static void assertRefused(Runnable call, String... parts) {
        TaskFailedException failure = catchThrowableOfType(TaskFailedException.class, call::run);
        assertThat(failure).hasCauseInstanceOf(TaskTransferException.class);
        assertThat(failure.getCause().getMessage()).contains(parts);
        assertThat(failure).hasRootCauseInstanceOf(NotSerializableException.class);
    }

    // what a function captures

    @Test
    void aCapturedVariableIsNamed() {
        long before = 1;
        Solver solver = new Solver();
        double after = 2;
        assertRefused(
                () -> parallel().range(3, index -> solver.solve(index) + before + after),
                "'solver', captured by the lambda in " + UnsendableTest.class.getName(),
                Solver.class.getName(),
                "not Serializable",
                "threads");
        assertRefused(() -> parallel().map(List.of(1), input -> after + solver.solve(input)), "'solver', captured by");
    }

    @Test
    void aCapturedThisIsNamed() {
        assertRefused(
                () -> parallel().range(3, index -> index * factor()),
                "'this', captured by the lambda in " + UnsendableTest.class.getName(),
                "is of the class " + UnsendableTest.class.getName());
    }

    private int factor() {
        return factor;
    }

    @Test
    void theObjectOfAMethodReferenceIsNamed() {
        Solver solver = new Solver();
        assertRefused(
                () -> parallel().range(3, solver::solve),
                "captured by",
                "in " + UnsendableTest.class.getName(),
                Solver.class.getName());
    }

    @Test
    void aFieldOfACapturedObjectIsNamed() {
        Model model = new Special(new Solver());
        assertRefused(
                () -> parallel().range(3, index -> index + model.name.length()),
                "the field Model.part of 'model', captured by the lambda in",
                Solver.class.getName());
    }

    @Test
    void aLambdaWithinALambdaIsLookedInto() {
        Solver solver = new Solver();
        TaskFunction<Integer, Integer> inner = solver::solve;
        assertRefused(() -> parallel().range(3, inner::apply), Solver.class.getName());
        assertRefused(
                () -> parallel().range(3, index -> inner.apply(index)),
                "'inner', captured by the lambda in",
                Solver.class.getName());
    }

    @Test
    void aLambdaThatIsNotSerialisableItselfIsNamed() {
        Supplier<Integer> supplier = () -> 1;
        assertRefused(
                () -> parallel().range(3, index -> index + supplier.get()),
                "'supplier', captured by the lambda in",
                "not Serializable");
    }

    // inputs, and results

    static List<Object[]> values() {
        Solver solver = new Solver();
        ArrayList<Object> parts = new ArrayList<>();
        Model round = new Model(parts);
        parts.add(round);
        parts.add(solver);
        return List.of(
                new Object[] {solver, "it is of the class"},
                new Object[] {new Model(solver), "the field Model.part"},
                new Object[] {new Model(new Special(solver)), "the field Model.part of the field Model.part"},
                new Object[] {new Pair("a", solver), "the field Pair.right"},
                new Object[] {new ArrayList<>(Arrays.asList(1, null, solver)), "element 2"},
                new Object[] {List.of(List.of(1), List.of(2, solver)), "element 1 of element 1"},
                new Object[] {new Object[] {"a", solver}, "element 1"},
                new Object[] {Map.of("key", solver), "the value of the key key"},
                new Object[] {Map.of(Optional.of(1), 2), "a key"},
                new Object[] {round, "element 1 of the field Model.part"});
    }

    @ParameterizedTest
    @MethodSource("values")
    void theWayToItInAnInputIsTold(Object input, String way) {
        assertRefused(() -> parallel().map(List.of(input), each -> 1), "input", way, "not Serializable");
    }

    @ParameterizedTest
    @MethodSource("values")
    void theWayToItInAResultIsTold(Object unused, String way) {
        int row = values().stream().map(each -> each[1]).toList().indexOf(way);
        assertRefused(() -> parallel().range(1, _ -> values().get(row)[0]), "result", way, "not Serializable");
    }

    @Test
    void theWayToItInACallableIsTold() {
        Solver solver = new Solver();
        List<Callable<Integer>> tasks = List.of(
                (Callable<Integer> & Serializable) () -> 1, (Callable<Integer> & Serializable) () -> solver.solve(1));
        assertRefused(() -> parallel().call(tasks), "'solver', captured by the lambda in");
    }

    @Test
    void anObjectWhoseOwnCodeFailsIsTakenAtItsWord() {
        assertThatThrownBy(() -> parallel().map(List.of(new Failing()), each -> 1))
                .hasCauseInstanceOf(TaskTransferException.class)
                .hasMessageContaining("not today");
    }

    private static final class Failing implements Serializable {
        private static final long serialVersionUID = 1L;

        private Object writeReplace() {
            throw new IllegalStateException("not today");
        }
    }

    // bounds: to describe must cost no more than to send

    @Test
    void theSearchEndsWithTheFirstOneFound() {
        Endless endless = new Endless(new Solver());
        assertThat(Unsendable.describe(endless, new NotSerializableException("Solver")))
                .startsWith("element 0 is of the class " + Solver.class.getName());
        assertThat(endless.asked).isEqualTo(1);
    }

    @Test
    void ofManyElementsOnlySomeAreLookedAt() {
        NotSerializableException cause = new NotSerializableException("Solver");
        for (Object each : List.of("plain", List.of(1), new Model(null))) {
            Endless endless = new Endless(each);
            assertThat(Unsendable.describe(new Model(List.of(endless)), cause)).isEqualTo(cause.toString());
            assertThat(endless.asked).isBetween(100, 10_000);
        }
        Endless inner = new Endless(1);
        assertThat(Unsendable.describe(List.of(new Endless(inner), new Solver()), cause))
                .startsWith("element 1 is of the class " + Solver.class.getName());
    }

    @Test
    void aListWithoutEndFailsItsTaskAlone() {
        List<Outcome<Object>> inputs = parallel()
                .outcomes(
                        List.of(List.of(1), Collections.nCopies(Integer.MAX_VALUE, new Solver()), List.of(3)),
                        input -> input);
        List<Outcome<Object>> results = parallel()
                .outcomes(
                        List.of(1, 2, 3),
                        input -> input == 2 ? Collections.nCopies(Integer.MAX_VALUE, new Solver()) : input);
        for (List<Outcome<Object>> outcomes : List.of(inputs, results)) {
            assertThat(outcomes.stream().map(Outcome::isSuccess)).containsExactly(true, false, true);
            assertThat(((Outcome.Failure<Object>) outcomes.get(1)).failure())
                    .hasCauseInstanceOf(TaskTransferException.class)
                    .hasStackTraceContaining("element 0 is of the class " + Solver.class.getName());
        }
    }

    @Test
    void ofALongWayBothEndsAreTold() {
        Object deep = new Solver();
        for (int i = 0; i < 1000; i++) {
            deep = new Model(deep);
        }
        assertThat(Unsendable.describe(List.of(deep), new NotSerializableException("Solver")))
                .startsWith("the field Model.part of ")
                .contains(" of … of ")
                .contains(" of element 0 is of the class " + Solver.class.getName())
                .hasSizeLessThan(500);
    }

    /** As many elements as there can be, all of them the same. */
    private static final class Endless extends AbstractList<Object> implements Serializable {
        private static final long serialVersionUID = 1L;
        private final transient Object element;
        private transient int asked;

        Endless(Object element) {
            this.element = element;
        }

        @Override
        public Object get(int index) {
            asked++;
            return element;
        }

        @Override
        public int size() {
            return Integer.MAX_VALUE;
        }
    }

    static List<Throwable> thrown() {
        return List.of(new OutOfMemoryError(), new StackOverflowError(), new IllegalStateException());
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void whateverAnObjectThrowsWhenItIsLookedIntoTheCauseIsTold(Throwable thrown) {
        NotSerializableException cause = new NotSerializableException("Solver");
        assertThatCode(() -> assertThat(Unsendable.describe(new Throwing(thrown), cause))
                        .isEqualTo(cause.toString()))
                .doesNotThrowAnyException(); // an OutOfMemoryError that comes through ends JUnit
    }

    private static final class Throwing extends AbstractList<Object> implements Serializable {
        private static final long serialVersionUID = 1L;
        private final Throwable thrown;

        Throwing(Throwable thrown) {
            this.thrown = thrown;
        }

        @Override
        public Object get(int index) {
            if (thrown instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) thrown;
        }

        @Override
        public int size() {
            return 1;
        }
    }

    // alone

    @Test
    void aTaskThatCannotBeSentFailsAlone() {
        List<Object> inputs = List.of(0, new Solver(), 2, List.of(new Solver()), 4);
        List<Outcome<String>> outcomes = parallel().outcomes(inputs, input -> "got " + input);
        assertThat(outcomes.stream().map(Outcome::isSuccess)).containsExactly(true, false, true, false, true);
        assertThat(outcomes.get(4).get()).isEqualTo("got 4");
        assertThat(((Outcome.Failure<String>) outcomes.get(3)).failure()).hasStackTraceContaining("element 0");
    }

    @Test
    void aResultThatCannotBeSentFailsAlone() {
        List<Outcome<Object>> outcomes =
                parallel().outcomes(List.of(0, 1, 2, 3), input -> input % 2 == 0 ? new Solver() : input);
        assertThat(outcomes.stream().map(Outcome::isSuccess)).containsExactly(false, true, false, true);
        assertThat(outcomes.get(3).get()).isEqualTo(3);
    }
}
