package io.heddle.cli.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Captured from Linux 6.18 on JDK 25, shortened. */
class ProcTextTest {
    private static final String STAT =
            "26076 (java) S 26047 26045 6517 0 -1 4194304 26155 0 0 0 172 14 0 0 20 0 21 0 1359858 "
                    + "9907953664 29598 18446744073709551615 94549798465536 94549798466541 140726360384928 0 0 0 0 2 16800973 0 0 0 17 1 0 0\n";
    private static final String STATUS = """
            Name:	java
            State:	S (sleeping)
            Pid:	26076
            Uid:	0	0	0	0
            Threads:	21
            Cpus_allowed:	3
            Cpus_allowed_list:	0-1
            voluntary_ctxt_switches:	1
            """;
    private static final String MAPS = """
            7f92b4e20000-7f92b4f81000 r--p 00000000 fe:00 10061187                   /home/user/.cache/heddle/openblas/8fbd1ef9/libopenblas.so.0
            7f92b4f81000-7f92b4f92000 r-xp 00161000 fe:00 10061187                   /home/user/.cache/heddle/openblas/8fbd1ef9/libopenblas.so.0
            7f92b6f73000-7f92b7000000 rw-p 00000000 00:00 0\s
            7f92b71ff000-7f92b7200000 ---p 00000000 00:00 0                          [stack]
            7f92c8064000-7f92c8077000 r-xp 00002000 fe:00 315624                     /usr/lib/jvm/temurin-25-jdk-amd64/lib/libzip.so
            7f92c8080000-7f92c8083000 r--p 00000000 fe:00 4711                       /opt/with blank/libblis.so.4 (deleted)
            7f92c8090000-7f92c8093000 r--p 00000000 fe:00 4712                       /opt/line\\012feed/libomp.so
            7f92dff3d000-7f92dff3e000 r--s 00000000 fe:00 4713                       /usr/lib/jvm/temurin-25-jdk-amd64/lib/modules
            7f92dff4d000-7f92dff4e000 rw-s 00000000 00:01 4714                       /dev/zero (deleted)
            """;

    @Test
    void readsAThreadsTimes() {
        assertThat(ProcText.schedstat("109155822 648074971 118\n"))
                .contains(new ProcText.CpuTimes(109_155_822, 648_074_971));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1 2", "1 2 3 4", "a b c", "99999999999999999999 1 1"})
    void isNotMisledByTimesInNoKnownForm(String text) {
        assertThat(ProcText.schedstat(text)).isEmpty();
    }

    @Test
    void readsStartAndTimeBehindAnyName() {
        assertThat(ProcText.startTicks(STAT)).contains(1_359_858L);
        assertThat(ProcText.cpuTicks(STAT)).contains(186L);
        assertThat(ProcText.startTicks(STAT.replace("(java)", "(a) b (c 1 2)"))).contains(1_359_858L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ")", "1 (a)", "1 (a) S", "1 (a) S x x x x x x x x x x x x x x x x x x x x x x x"})
    void isNotMisledByACutStat(String text) {
        assertThat(ProcText.startTicks(text)).isEmpty();
        assertThat(ProcText.cpuTicks(text)).isEmpty();
    }

    @Test
    void readsTheAffinityMask() {
        assertThat(ProcText.allowedCpus(STATUS).map(BitSet::cardinality)).contains(2);
        assertThat(ProcText.cpuList("0-3,8,10-11\n").map(BitSet::toString)).contains("{0, 1, 2, 3, 8, 10, 11}");
        assertThat(ProcText.allowedCpus("Name:\tjava\n")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "3-1", "-1", "1-", "0-99999999", "1,,2", "1-2-3"})
    void refusesWhatIsNoListOfCpus(String text) {
        assertThat(ProcText.cpuList(text)).isEqualTo(Optional.empty());
    }

    @Test
    void findsEachMappedLibraryOnce() {
        assertThat(ProcText.mappedLibraries(MAPS))
                .containsExactly(
                        "/home/user/.cache/heddle/openblas/8fbd1ef9/libopenblas.so.0",
                        "/usr/lib/jvm/temurin-25-jdk-amd64/lib/libzip.so",
                        "/opt/with blank/libblis.so.4",
                        "/opt/line\nfeed/libomp.so");
        assertThat(ProcText.mappedLibraries("")).isEmpty();
        assertThat(ProcText.mappedLibraries("nonsense\n\n")).isEmpty();
    }

    @Test
    void splitsAtZeroBytes() {
        assertThat(ProcText.strings("java\0-cp\0\0main\0")).isEqualTo(List.of("java", "-cp", "", "main"));
        assertThat(ProcText.strings("")).isEmpty();
    }
}
