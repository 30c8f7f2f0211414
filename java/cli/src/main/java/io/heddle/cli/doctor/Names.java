package io.heddle.cli.doctor;

import io.heddle.cli.library.SeenLibrary;
import java.util.List;
import java.util.stream.Collectors;

/** Libraries in a sentence. */
final class Names {
    private Names() {}

    static String of(List<SeenLibrary> libraries) {
        return libraries.stream().map(SeenLibrary::shownPath).collect(Collectors.joining(" and "));
    }
}
