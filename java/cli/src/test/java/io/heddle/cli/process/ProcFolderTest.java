package io.heddle.cli.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcFolderTest {
    private static final String STAT =
            "%d (java) S 1 1 1 0 -1 4194304 26155 0 0 0 172 14 0 0 20 0 21 0 %d 9907953664\n";

    @TempDir
    Path proc;

    private Path process;

    @BeforeEach
    void makeAProcess() throws IOException {
        process = proc.resolve("7");
        Files.createDirectories(process.resolve("task/7"));
        Files.writeString(process.resolve("stat"), STAT.formatted(7, 100));
        Files.writeString(process.resolve("task/7/stat"), STAT.formatted(7, 100));
    }

    @Test
    void saysThatThereIsNoSuchProcess() throws IOException {
        Files.createDirectory(proc.resolve("self"));

        assertThatThrownBy(() -> ProcFolder.of(proc, 8))
                .isInstanceOf(ProcessException.class)
                .hasMessageContaining("no process 8")
                .hasMessageContaining("ps -e");
    }

    @Test
    void saysThatThereIsNoProc() {
        assertThatThrownBy(() -> ProcFolder.of(proc.resolve("nowhere"), 8)).hasMessageContaining("not mounted");
    }

    @Test
    void tellsAProcessFromALaterOneWithItsNumber() throws IOException {
        ProcFolder folder = ProcFolder.of(proc, 7);
        assertThat(folder.isAlive()).isTrue();

        Files.writeString(process.resolve("stat"), STAT.formatted(7, 200));

        assertThat(folder.isAlive()).isFalse();
    }

    @Test
    void saysThatAProcessEndedWhileItWasWatched() throws IOException {
        ProcFolder folder = ProcFolder.of(proc, 7);
        Files.delete(process.resolve("stat"));

        assertThatThrownBy(() -> new ThreadSampler(folder, true).sample(Duration.ofMillis(60)))
                .isInstanceOf(ProcessException.class)
                .hasMessageContaining("process 7 ended after");
    }

    @Test
    void doesWithoutSchedstat() throws Exception {
        Sampling sampling = new ThreadSampler(ProcFolder.of(proc, 7), true).sample(Duration.ofMillis(60));

        assertThat(sampling.threads()).isEmpty(); // it stood still
        assertThat(sampling.seconds()).isGreaterThanOrEqualTo(0.06);
    }

    @Test
    void saysThatAFileCannotBeRead() {
        ProcFolder folder = ProcFolder.of(proc, 7);

        assertThat(folder.text("environ")).isEmpty();
        assertThatThrownBy(() -> folder.required("maps"))
                .isInstanceOf(ProcessException.class)
                .hasMessageContaining("maps cannot be read");
    }
}
