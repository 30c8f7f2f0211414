package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CrashReportTest {
    private static final FileTime EVER = FileTime.fromMillis(0);

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"/x/hs_%p, /x/hs_7", "/x/%%p/hs_%p, /x/%p/hs_7", "/%%%p%%, /%7%", "/x/%d, /x/%d"})
    void theOptionNamesTheFirstPlace(String pattern, Path place) {
        assertThat(CrashReport.of(List.of("-XX:ErrorFile=/first", "-XX:ErrorFile=" + pattern), 7, EVER)
                        .places())
                .startsWith(place);
    }

    @Test
    void theJvmFallsBackToTheWorkingDirectoryAndTheTemporaryFolder() {
        assertThat(CrashReport.of(List.of("-XX:ErrorFile=/x"), 7, EVER).places())
                .startsWith(
                        Path.of("/x"), Path.of("hs_err_pid7.log").toAbsolutePath(), Path.of("/tmp/hs_err_pid7.log"));
    }

    @Test
    void anOldReportIsAnothersAndTheNextPlaceIsLookedAt() throws IOException {
        Path old = Files.writeString(folder.resolve("old"), "");
        Path written = Files.writeString(folder.resolve("new"), "");
        Files.setLastModifiedTime(old, FileTime.fromMillis(1_000));
        Files.setLastModifiedTime(written, FileTime.fromMillis(3_000));
        FileTime before = FileTime.fromMillis(2_000);

        assertThat(new CrashReport(Set.of(old, written), before).written()).isEqualTo(written);
        assertThat(new CrashReport(Set.of(old, folder.resolve("none")), before).written())
                .isNull();
    }
}
