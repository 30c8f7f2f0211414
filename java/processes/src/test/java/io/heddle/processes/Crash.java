package io.heddle.processes;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Semaphore;

/** The ways in which code fails, or takes its process with it. */
enum Crash {
    EXCEPTION {
        @Override
        void happen() {
            throw new IllegalStateException("as the table says");
        }
    },
    SYSTEM_EXIT {
        @Override
        void happen() {
            System.exit(3);
        }
    },
    HALT {
        @Override
        void happen() {
            Runtime.getRuntime().halt(4);
        }
    },
    SEGFAULT {
        @Override
        void happen() {
            byte _ = MemorySegment.ofAddress(8).reinterpret(8).get(JAVA_BYTE, 0);
        }
    },
    KILL {
        @Override
        void happen() throws IOException {
            new ProcessBuilder(
                            "/bin/sh",
                            "-c",
                            "kill -9 " + ProcessHandle.current().pid())
                    .start();
            new Semaphore(0).acquireUninterruptibly();
        }
    },
    OUT_OF_MEMORY {
        @Override
        void happen() {
            Object[] last = null;
            while (true) {
                last = new Object[] {last, new long[1 << 17]};
            }
        }
    },
    STACK_OVERFLOW {
        @Override
        void happen() {
            recurse(1);
        }

        @SuppressWarnings("InfiniteRecursion") // the purpose
        private int recurse(int depth) {
            return recurse(depth + 1) + depth;
        }
    },
    /*
     * In native frames alone: libc's twalk descends into a tree by recursion, and this tree is its own left branch. A node of the search.h of
     * glibc and musl is a key and two branches.
     */
    NATIVE_STACK_OVERFLOW {
        @Override
        void happen() throws Throwable {
            Linker linker = Linker.nativeLinker();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment node = arena.allocate(ADDRESS, 4);
                node.setAtIndex(ADDRESS, 1, node);
                MemorySegment visit = linker.defaultLookup().findOrThrow("getpid");
                linker.downcallHandle(
                                linker.defaultLookup().findOrThrow("twalk"),
                                FunctionDescriptor.ofVoid(ADDRESS, ADDRESS))
                        .invokeExact(node, visit);
            }
        }
    };

    abstract void happen() throws Throwable;

    /** Whether the process ends by it; else only the code that it happens in does. */
    boolean endsProcess() {
        return switch (this) {
            case EXCEPTION, OUT_OF_MEMORY, STACK_OVERFLOW -> false;
            default -> true;
        };
    }

    /** What {@link #happen} throws, for one that ends no process. */
    Class<? extends Throwable> thrown() {
        return switch (this) {
            case OUT_OF_MEMORY -> OutOfMemoryError.class;
            case STACK_OVERFLOW -> StackOverflowError.class;
            default -> IllegalStateException.class;
        };
    }

    /** What the process writes to its standard error before. */
    String lastWords() {
        return "the last words before " + this;
    }

    /** Lets it happen in a worker; what it throws is not declared. */
    void strike() {
        System.err.println(lastWords());
        try {
            happen();
        } catch (Throwable e) {
            throw Crash.<RuntimeException>undeclared(e);
        }
    }

    /** The same for the test's own process, whose memory others need. */
    void strikeHere() {
        assertThat(endsProcess()).isFalse();
        if (this == OUT_OF_MEMORY) {
            Object _ = new long[Integer.MAX_VALUE]; // more than any JVM allows
        }
        strike();
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <X extends Throwable> X undeclared(Throwable failure) throws X {
        throw (X) failure;
    }
}
