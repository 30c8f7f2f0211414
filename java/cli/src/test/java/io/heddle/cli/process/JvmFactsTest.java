package io.heddle.cli.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JvmFactsTest {
    private static JvmFacts jvm(String... arguments) {
        return JvmFacts.of(List.of(arguments), Map.of(), Optional.empty());
    }

    @Test
    void separatesOptionsFromTheProgramsArguments() {
        JvmFacts jvm = jvm("java", "-cp", "a:b", "-Xss2m", "Main", "--enable-native-access=x", "-Xss4m");

        assertThat(jvm.has("--enable-native-access")).isFalse();
        assertThat(jvm.stackBytes()).isEqualTo(OptionalLong.of(2 << 20));
        assertThat(jvm.complete()).isTrue();
    }

    @Test
    void readsOptionsOutOfTheEnvironment() {
        JvmFacts jvm = JvmFacts.of(
                List.of("java", "Main"),
                Map.of("JDK_JAVA_OPTIONS", "--enable-native-access=ALL-UNNAMED -Xss16m"),
                Optional.empty());

        assertThat(jvm.has("--enable-native-access")).isTrue();
        assertThat(jvm.stackBytes()).isEqualTo(OptionalLong.of(16 << 20));
    }

    @Test
    void knowsWhereItDoesNotSeeAll() {
        assertThat(jvm("java", "@options", "Main").complete()).isFalse();
        assertThat(jvm("java", "-jar", "app.jar").complete()).isTrue();
        assertThat(jvm("java", "-jar", "app.jar").has("-jar")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "-Xss512k, 524288",
        "-Xss1M, 1048576",
        "-Xss65536, 65536",
        "-Xss1g, 1073741824",
        "-XX:ThreadStackSize=2048, 2097152"
    })
    void readsStackSizes(String option, long bytes) {
        assertThat(jvm("java", option, "Main").stackBytes()).isEqualTo(OptionalLong.of(bytes));
    }

    @ParameterizedTest
    @CsvSource({"-Xssx", "-Xss", "-Xss99999999999999999999m"})
    void ignoresStackSizesThatAreNone(String option) {
        assertThat(jvm("java", option, "Main").stackBytes()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"25.0.1, 25", "21, 21", "1.8.0_402, 8", "17.0.15, 17"})
    void readsAJdksVersion(String version, int feature) {
        assertThat(JvmFacts.version("IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n"))
                .isEqualTo(OptionalInt.of(feature));
    }

    @Test
    void knowsNoVersionOfWhatIsNoRelease() {
        assertThat(JvmFacts.version("nonsense")).isEmpty();
    }
}
