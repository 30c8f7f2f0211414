package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParentOptionsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-Da=b",
                "-Dflag",
                "-Djava.library.path=/x",
                "-Djava.util.logging.config.file=x",
                "-Dtext=a\nb",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "--add-reads=a=b",
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "--illegal-native-access=deny",
                "--sun-misc-unsafe-memory-access=allow",
                "--patch-module=a=/x",
                "--enable-preview",
                "-ea",
                "-ea:com.acme...",
                "-da",
                "-esa",
                "-Xbootclasspath/a:/x.jar",
                "-XX:ErrorFile=/var/log/hs_%p.log"
            })
    void workersGet(String option) {
        assertThat(ParentOptions.passedOn(List.of(option))).containsExactly(option);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-Xmx2g",
                "-Xms1g",
                "-Xss4m",
                "-XX:+UseZGC",
                "-XX:MaxRAMPercentage=50",
                "-XX:ErrorFile=/var/log/hs.log",
                "-XX:OnError=gdb",
                "-XX:+FlightRecorder",
                "-XX:StartFlightRecording=disk=true",
                "-XX:AOTCache=x",
                "-agentlib:jdwp=transport=dt_socket",
                "-agentpath:/x",
                "-javaagent:/x.jar",
                "-Xrunjdwp:x",
                "-Xdebug",
                "-Xlog:gc",
                "-Xshare:off",
                "-Xint",
                "-verbose:gc",
                "-server",
                "-Dcom.sun.management.jmxremote.port=1",
                "-Djava.class.path=x",
                "-Djava.util.logging.manager=x",
                "-Djava.util.logging.config.class=x",
                "-cp=x",
                "--module-path=x"
            })
    void workersDoNotGet(String option) {
        assertThat(ParentOptions.passedOn(List.of(option))).isEmpty();
    }

    static Stream<Arguments> commandLines() {
        return Stream.of(
                Arguments.of(List.of("java", "-Da=1", "-cp", "x.jar", "Main", "-Db=2"), List.of("-Da=1", "-cp=x.jar")),
                Arguments.of(
                        List.of("/jdk/bin/java", "--add-modules", "m", "-jar", "x.jar", "-Db=2"),
                        List.of("--add-modules=m")),
                Arguments.of(List.of("java", "-p", "mods", "-m", "a/b.C", "-Db=2"), List.of("-p=mods")),
                Arguments.of(List.of("java", "-Da=1", "--module=a/b", "-Db=2"), List.of("-Da=1")),
                Arguments.of(List.of("java", "@file", "-Db=2"), List.of("-Da=x y")),
                Arguments.of(List.of("java", "@@file", "-Db=2"), List.of()),
                Arguments.of(
                        List.of("java", "--disable-@files", "-Da=1", "@file"), List.of("--disable-@files", "-Da=1")),
                Arguments.of(List.of("java"), List.of()));
    }

    @ParameterizedTest
    @MethodSource("commandLines")
    void optionsAreWhatStandsBeforeTheMainClass(List<String> line, List<String> options) {
        assertThat(ParentOptions.options(line, name -> null, name -> "-Da=\"x y\" Main"))
                .isEqualTo(options);
    }

    @Test
    void theVariablesOfTheJvmCountToo() {
        Map<String, String> variables = Map.of(
                "JAVA_TOOL_OPTIONS",
                "-Da=1 -Db='x y'",
                "JDK_JAVA_OPTIONS",
                "@more --add-modules m",
                "_JAVA_OPTIONS",
                "-Dc=3");

        assertThat(ParentOptions.options(List.of("java", "-Da=2", "Main"), variables::get, name -> "-Dd=4"))
                .containsExactly("-Da=1", "-Db=x y", "-Dd=4", "--add-modules=m", "-Da=2", "-Dc=3");
    }

    @Test
    void argumentFilesAreReadAsTheLauncherDoes() {
        assertThat(ParentOptions.tokens("-Da=1 # a comment\n\"-Db=x \\\"y\\\" \\\\z\"\n'-Dc=a\\\n   b'\n-Dd=\"\"#e"))
                .containsExactly("-Da=1", "-Db=x \"y\" \\z", "-Dc=ab", "-Dd=#e");
    }

    @Test
    void messagesShowNoSecrets() {
        assertThat(ParentOptions.shown(List.of("-Ddb.password=geheim", "-Dapi_TOKEN=geheim", "-Da=b")))
                .containsExactly("-Ddb.password=...", "-Dapi_TOKEN=...", "-Da=b");
    }

    @Test
    void aPropertyThatTheCommandLineDoesNotShowIsHidden() {
        List<String> line = List.of("java", "-Da=1", "@file", "--add-modules", "m", "Main");

        assertThat(ParentOptions.hidesAny(List.of("-Da=1", "--add-modules=m"), line))
                .isFalse();
        assertThat(ParentOptions.hidesAny(List.of("-Da=1", "-Dpassword=geheim"), line))
                .isTrue();
        assertThat(ParentOptions.withoutValue("-Dpassword=geheim=ganz")).isEqualTo("-Dpassword=...");
        assertThat(ParentOptions.withoutValue("--add-modules=m")).isEqualTo("--add-modules=m");
    }

    @Test
    void whatIsWrittenToAnArgumentFileIsReadFromItAgain() {
        List<String> options = List.of(
                "-Da=b",
                "-Db=x \"y\" 'z' \\ #",
                "-Dc=two\nlines\r\tand\f",
                "-Dd=",
                "-cp",
                "a b:c#d",
                "-De=@file",
                "@file");

        assertThat(ParentOptions.tokens(ParentOptions.argumentFile(options))).isEqualTo(options);
    }

    /** What another program is to read would be lost to it. */
    @Test
    void aFileOfOptionsThatIsADeviceOrAPipeIsNotRead() {
        assertThat(ParentOptions.expanded(List.of("@/dev/null", "-Da=1"))).containsExactly("@/dev/null", "-Da=1");
    }

    @Test
    void aWorkersIntroductionIsNotForItsOwnWorkers() {
        assertThat(ParentOptions.passedOn(List.of("-Dio.heddle.worker.introduction=x", "-Dio.heddle.other=y")))
                .containsExactly("-Dio.heddle.other=y");
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "/jdk/bin/java", "C:\\jdk\\bin\\javaw.exe"})
    void aLauncherTellsItsOptionsByItsCommandLine(String program) {
        assertThat(ParentOptions.isJavaLauncher(program)).isTrue();
        assertThat(ParentOptions.isJavaLauncher("/opt/app/launcher")).isFalse();
    }

    @Test
    void theManifestOfAJarThatWasStartedHasOptionsToo(@TempDir Path folder) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Add-Opens", "java.base/java.lang java.base/java.util");
        main.putValue("Add-Exports", "java.base/sun.nio.ch");
        main.putValue("Enable-Native-Access", "ALL-UNNAMED");
        Path file = folder.resolve("the app.jar");
        try (OutputStream out = Files.newOutputStream(file)) {
            new JarOutputStream(out, manifest).close();
        }
        String jar = file.toString();
        List<String> options = ParentOptions.ofManifest(jar + " x", jar);

        assertThat(options)
                .containsExactly(
                        "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                        "--add-opens=java.base/java.lang=ALL-UNNAMED",
                        "--add-opens=java.base/java.util=ALL-UNNAMED",
                        "--enable-native-access=ALL-UNNAMED");
        assertThat(ParentOptions.passedOn(options)).isEqualTo(options);
        assertThat(ParentOptions.ofManifest(jar, jar)).isEqualTo(options);
        assertThat(ParentOptions.ofManifest("Main " + jar, jar)).isEmpty(); // -cp
        assertThat(ParentOptions.ofManifest(folder + "/none.jar", folder + "/none.jar"))
                .isEmpty();
    }
}
