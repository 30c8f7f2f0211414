package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeathTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "0, 0, -, exit code 0",
                "1, 1, -, exit code 1",
                "3, 3, -, ExitOnOutOfMemoryError",
                "134, -, SIGABRT, native code aborted it",
                "137, -, SIGKILL, killed by SIGKILL",
                "139, -, SIGSEGV, killed by SIGSEGV",
                "143, -, SIGTERM, killed by SIGTERM",
                "200, 200, -, exit code 200"
            })
    void aStatusAlone(int status, Integer exitCode, String signal, String words) {
        Death death = Death.of(status, null, "", false);

        assertThat(death.exitCode()).isEqualTo(exitCode);
        assertThat(death.signal()).isEqualTo(signal);
        assertThat(death.words()).contains(words);
    }

    @Test
    void theMemoryLimit() {
        assertThat(Death.of(137, null, "", true).words()).contains("killed by the memory limit");
        assertThat(Death.of(1, null, "", true).words()).contains("exit code 1");
    }

    @ParameterizedTest
    @CsvSource({"SIGSEGV (0xb) at pc=0x1, SIGSEGV", "SIGBUS (0x7) at pc=0x1, SIGBUS", "SIGFPE (0x8) at pc=0x1, SIGFPE"})
    void aReportOfACrash(String line, String signal) throws IOException {
        Path report = Files.writeString(folder.resolve("hs_err"), """
                #
                # A fatal error has been detected by the Java Runtime Environment:
                #
                #  %s, pid=1, tid=2
                #
                # JRE version: 25
                # Problematic frame:
                # C  [libfoo.so+0x12]  dgemm_+0x7
                #
                """.formatted(line));

        for (int status : new int[] {1, 134}) {
            Death death = Death.of(status, report, "", false);
            assertThat(death.signal()).isEqualTo(signal);
            assertThat(death.exitCode()).isNull();
            assertThat(death.report()).isEqualTo(report);
            assertThat(death.words()).contains(signal + " in C [libfoo.so+0x12] dgemm_+0x7", report.toString());
        }
    }

    @Test
    void aReportOfNoMemory() throws IOException {
        Path report = Files.writeString(folder.resolve("hs_err"), """
                #
                # There is insufficient memory for the Java Runtime Environment to continue.
                # Native memory allocation (mmap) failed to map 65536 bytes.
                #  Out of Memory Error (os_linux.cpp:2769), pid=1, tid=2
                #
                """);

        assertThat(Death.of(1, report, "", false).words()).contains("gave up: Out of Memory Error");
        assertThat(Death.of(134, report, "", false).signal()).isEqualTo("SIGABRT");
        assertThat(Death.of(1, report, "", false).exitCode()).isEqualTo(1);
    }

    @Test
    void whatTheJvmPrintedOfACrashWithoutAReport() {
        String printed = """
                # A fatal error has been detected by the Java Runtime Environment:
                #
                #  SIGSEGV (0xb) at pc=0x1, pid=1, tid=2
                #
                # Problematic frame:
                # C  [libfoo.so+0x12]  dgemm_+0x7
                #
                """;

        Death death = Death.of(1, null, printed, false);
        assertThat(death.signal()).isEqualTo("SIGSEGV");
        assertThat(death.exitCode()).isNull();
        assertThat(death.report()).isNull();
        assertThat(death.words()).contains("crashed by SIGSEGV in C [libfoo.so+0x12] dgemm_+0x7", "no report");
        assertThat(Death.of(5, null, printed, false).exitCode()).isEqualTo(5);
    }
}
