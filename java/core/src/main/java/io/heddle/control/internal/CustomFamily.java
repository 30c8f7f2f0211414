package io.heddle.control.internal;

import io.heddle.control.LibraryController;
import io.heddle.control.LibraryFamily;
import io.heddle.control.LoadedLibrary;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** A family that a user provides. */
final class CustomFamily implements NativeFamily {
    private final LibraryFamily family;
    private final List<String> prefixes;
    private final List<String> symbols;

    CustomFamily(LibraryFamily family) {
        this.family = family;
        this.prefixes = List.copyOf(family.prefixes());
        this.symbols = List.copyOf(family.symbols());
        if ((prefixes.isEmpty() && symbols.isEmpty()) || prefixes.contains("") || symbols.contains("")) {
            throw new IllegalArgumentException("family = " + family + " has prefixes " + prefixes + " and symbols "
                    + symbols + ": give at least one prefix or symbol, and no empty one");
        }
    }

    @Override
    public List<String> prefixes() {
        return prefixes;
    }

    @Override
    public List<String> symbols() {
        return symbols;
    }

    @Override
    public Optional<LibraryController> bind(Candidate candidate, Known known) {
        try {
            return Objects.requireNonNull(family.bind(seenByUser(candidate)), "bind returned null");
        } catch (RuntimeException e) { // a user's mistake must not end every limit and every call of Parallel
            Advice.brokenFamily(candidate.file(), family, e);
            return Optional.empty();
        }
    }

    private static LoadedLibrary seenByUser(Candidate candidate) {
        return new LoadedLibrary() {
            @Override
            public Path file() {
                return candidate.file().path();
            }

            @Override
            public String prefix() {
                return candidate.prefix();
            }

            @Override
            public OptionalLong address(String symbol) {
                return candidate.library().addressOfOwn(symbol);
            }

            @Override
            public String toString() {
                return candidate.file().toString();
            }
        };
    }
}
