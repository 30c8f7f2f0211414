package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whose cache folder is used: what is in it is run. */
class CacheFolderTest {
    @TempDir
    Path temporary;

    private static Path withRights(Path folder, String rights) throws IOException {
        Files.createDirectories(folder);
        return Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(rights));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rwx------", "rwxr-xr-x"})
    void oneThatOthersCannotWriteToIsUsed(String rights) throws IOException {
        Path folder = withRights(temporary.resolve("cache"), rights);

        assertThat(CacheFolder.trusted(folder)).isEqualTo(folder);
        assertThat(CacheFolder.make(folder.resolve("aot"))).isDirectory();
    }

    @Test
    void oneThatIsNotThereYetIsMadeForThisUserAlone() throws IOException {
        Path folder = temporary.resolve("not/there/yet");

        assertThat(CacheFolder.trusted(folder)).isEqualTo(folder);
        CacheFolder.make(folder);
        assertThat(PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(folder.getParent().getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void oneThatOthersCanWriteToIsRefused() throws IOException {
        Path folder = withRights(temporary.resolve("cache"), "rwxrwxrwx");

        assertThat(CacheFolder.trusted(folder)).isNull();
        assertThatThrownBy(() -> CacheFolder.make(folder.resolve("aot")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("other users can write to " + folder.toRealPath());
    }

    @Test
    void oneInAFolderThatOthersCanWriteToIsRefused() throws IOException {
        Path open = withRights(temporary.resolve("open"), "rwxrwxrwx");
        Path folder = withRights(open.resolve("cache"), "rwx------");

        assertThat(CacheFolder.trusted(folder)).isNull();
        assertThat(CacheFolder.trusted(folder.resolve("aot"))).isNull();
    }

    @Test
    void oneThatALinkLeadsToIsJudgedByWhereItIs() throws IOException {
        Path open = withRights(temporary.resolve("open"), "rwxrwxrwx");
        Path folder = withRights(open.resolve("cache"), "rwx------");

        assertThat(CacheFolder.trusted(Files.createSymbolicLink(temporary.resolve("link"), folder)))
                .isNull();
    }

    @Test
    void aLinkThatOthersCouldLeadElsewhereIsNotFollowedAgain() throws IOException {
        Path open = withRights(temporary.resolve("open"), "rwxrwxrwx");
        Path folder = withRights(temporary.resolve("cache"), "rwx------");
        Path link = Files.createSymbolicLink(open.resolve("link"), folder);

        assertThat(CacheFolder.trusted(link)).isEqualTo(folder.toRealPath());
        assertThat(CacheFolder.trusted(link.resolve("not/there")))
                .isEqualTo(folder.toRealPath().resolve("not/there"));
    }

    @Test
    void oneOfAnotherUserIsRefused() throws IOException {
        assumeTrue(
                Files.getOwner(Path.of("/proc/self")).getName().equals("root"),
                "only root can give a folder to another");
        Path folder = withRights(temporary.resolve("cache"), "rwx------");
        Files.setAttribute(folder, "unix:uid", 65_534);

        assertThat(CacheFolder.trusted(folder)).isNull();
    }
}
