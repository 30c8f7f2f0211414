package io.heddle.dispatch;

import java.util.function.IntToDoubleFunction;

/**
 * How many tasks are taken from a producer ahead: a number, all, or an expression over the jobs as in joblib: numbers, {@code n_jobs},
 * {@code + - * / // % **} and parentheses, {@value #LONGEST} characters at most, every value at most {@value #MOST} in size. Immutable.
 */
public final class PreDispatch {
    /** As many as there are. */
    public static final PreDispatch ALL = new PreDispatch("all", jobs -> Integer.MAX_VALUE);

    private static final String JOBS = "n_jobs";
    private static final int LONGEST = 30;
    private static final double MOST = 1e6;

    private final String text;
    private final IntToDoubleFunction value;

    private PreDispatch(String text, IntToDoubleFunction value) {
        this.text = text;
        this.value = value;
    }

    /**
     * A number of tasks.
     *
     * @param tasks at least 1
     * @return that many
     * @throws IllegalArgumentException if it is below 1
     */
    public static PreDispatch of(int tasks) {
        if (tasks < 1) {
            throw new IllegalArgumentException("preDispatch = " + tasks
                    + " would run no task: give 1 or more, \"all\", or an expression over n_jobs such as \"2*n_jobs\"");
        }
        return new PreDispatch(Integer.toString(tasks), jobs -> tasks);
    }

    /**
     * {@code all}, or an expression.
     *
     * @param text for instance {@code 2*n_jobs}
     * @return what it says
     * @throws IllegalArgumentException if it is no such expression
     */
    public static PreDispatch parse(String text) {
        if (text.strip().equals("all")) {
            return ALL;
        }
        if (text.length() > LONGEST) {
            throw wrong(text, "it has more than " + LONGEST + " characters");
        }
        PreDispatch parsed = new PreDispatch(text, jobs -> new Parser(text, jobs, true).all());
        new Parser(text, 1, !text.contains(JOBS)).all(); // what is wrong whatever the jobs is told at once
        return parsed;
    }

    /**
     * The number for a call.
     *
     * @param jobs its workers
     * @return at least 1, {@link Integer#MAX_VALUE} for all
     * @throws IllegalArgumentException if the expression is below 1 for these jobs
     */
    int tasks(int jobs) {
        double tasks = value.applyAsDouble(jobs);
        if (!(tasks >= 1)) {
            throw wrong(text, "with n_jobs = " + jobs + " it is " + tasks + ", and below 1 no task would run");
        }
        return (int) tasks;
    }

    private static IllegalArgumentException wrong(String text, String why) {
        return new IllegalArgumentException("preDispatch = \"" + text + "\" cannot be used: " + why
                + ". Give a number from 1, \"all\", or an expression over n_jobs of numbers and + - * / // % ** ( )");
    }

    /** By recursive descent; one value for each level of precedence, Python's. */
    private static final class Parser {
        private final String text;
        private final int jobs;
        private final boolean checksValues; // else only the form
        private int at;

        Parser(String text, int jobs, boolean checksValues) {
            this.text = text;
            this.jobs = jobs;
            this.checksValues = checksValues;
        }

        double all() {
            double value = sum();
            skipBlanks();
            if (at < text.length()) {
                throw unexpected();
            }
            return value;
        }

        private double sum() {
            double value = product();
            while (true) {
                if (take("+")) {
                    value = bounded(value + product());
                } else if (take("-")) {
                    value = bounded(value - product());
                } else {
                    return value;
                }
            }
        }

        private double product() {
            double value = signed();
            while (true) {
                if (take("//")) {
                    value = bounded(Math.floor(value / divisor()));
                } else if (take("/")) {
                    value = bounded(value / divisor());
                } else if (take("%")) {
                    double divisor = divisor();
                    value = bounded(value - divisor * Math.floor(value / divisor));
                } else if (!startsWith("**") && take("*")) {
                    value = bounded(value * signed());
                } else {
                    return value;
                }
            }
        }

        private double divisor() {
            double divisor = signed();
            if (divisor == 0 && checksValues) {
                throw wrong(text, "it divides by 0 (with n_jobs = " + jobs + ")");
            }
            return divisor;
        }

        private double signed() {
            if (take("-")) {
                return -signed();
            }
            return take("+") ? signed() : power();
        }

        private double power() {
            double base = atom();
            return take("**") ? bounded(Math.pow(base, signed())) : base;
        }

        private double atom() {
            if (take("(")) {
                double value = sum();
                if (!take(")")) {
                    throw unexpected();
                }
                return value;
            }
            if (take(JOBS)) {
                return jobs;
            }
            skipBlanks();
            int from = at;
            while (at < text.length() && (Character.isDigit(text.charAt(at)) || text.charAt(at) == '.')) {
                at++;
            }
            try {
                return bounded(Double.parseDouble(text.substring(from, at)));
            } catch (NumberFormatException e) {
                at = from;
                throw unexpected();
            }
        }

        private double bounded(double value) {
            if (checksValues && !(Math.abs(value) <= MOST)) {
                throw wrong(text, "a value in it is larger than " + (long) MOST);
            }
            return value;
        }

        private boolean startsWith(String token) {
            skipBlanks();
            return text.startsWith(token, at);
        }

        private boolean take(String token) {
            boolean there = startsWith(token);
            if (there) {
                at += token.length();
            }
            return there;
        }

        private void skipBlanks() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }

        private IllegalArgumentException unexpected() {
            return wrong(
                    text,
                    at < text.length()
                            ? "'" + text.charAt(at) + "' at position " + at + " is not understood"
                            : "it ends too early");
        }
    }
}
