package io.heddle.cli.doctor;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Applies every rule. */
public final class Doctor {
    private static final List<Rule> RULES = Stream.of(ThreadRules.ALL, LibraryRules.ALL, SettingRules.ALL)
            .flatMap(List::stream)
            .toList();

    private Doctor() {}

    /** What can be bettered, the dearest kind first. */
    public static List<Finding> examine(Situation situation) {
        return RULES.stream()
                .map(rule -> rule.look(situation))
                .flatMap(Optional::stream)
                .toList();
    }
}
