package io.heddle.cli.doctor;

import java.util.Optional;

/** Looks at one thing. */
@FunctionalInterface
interface Rule {
    /** The advice, or empty where all is well. */
    Optional<Finding> look(Situation situation);
}
