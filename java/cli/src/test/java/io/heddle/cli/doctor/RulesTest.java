package io.heddle.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.cli.library.RuntimeFamily;
import io.heddle.cli.library.SeenLibrary;
import io.heddle.cli.process.JvmFacts;
import io.heddle.cli.process.Sampling;
import io.heddle.cli.process.ThreadUse;
import io.heddle.control.LimitScope;
import io.heddle.control.ThreadingLayer;
import io.heddle.control.UserApi;
import io.heddle.topology.UsableCpus;
import io.heddle.topology.UsableCpus.Constraint;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Each rule on a process where it has to speak, and on one where it must not. */
class RulesTest {
    private static final UsableCpus TWO_CPUS = new UsableCpus(2, List.of(new Constraint("the affinity mask", 2)));
    private static final SeenLibrary PTHREADS = openBlas("/a/libopenblas.so.0", ThreadingLayer.PTHREADS, 2);

    @Test
    void findsNothingInAQuietProcess() {
        assertThat(Doctor.examine(situation(PTHREADS))).isEmpty();
        assertThat(Doctor.examine(with(sampling(2, 0.95, 0.01)))).isEmpty();
    }

    @Test
    void findsOversubscription() {
        assertThat(ThreadRules.oversubscription(with(sampling(6, 0.33, 0.66))))
                .hasValueSatisfying(
                        finding -> assertThat(finding.what()).contains("5.9 threads", "2 usable CPUs", "4.0 cores"));
        assertThat(ThreadRules.oversubscription(with(sampling(2, 1, 0.001)))).isEmpty();
    }

    @Test
    void tellsOtherProcessesFromOversubscription() {
        Situation crowded = with(sampling(1, 0.5, 0.5));

        assertThat(ThreadRules.contention(crowded)).isPresent();
        assertThat(ThreadRules.oversubscription(crowded)).isEmpty();
        assertThat(ThreadRules.contention(with(sampling(6, 0.33, 0.66)))).isEmpty();
    }

    @Test
    void findsMoreThreadsThanCpus() {
        assertThat(ThreadRules.moreThreadsThanCpus(with(sampling(3, 0.6, 0))))
                .hasValueSatisfying(
                        finding -> assertThat(finding.what()).contains("3 threads", "worker-0 (60 %)", "OMP_NUM"));
        assertThat(ThreadRules.moreThreadsThanCpus(with(sampling(20, 0.05, 0))))
                .as("threads that hardly work")
                .isEmpty();
    }

    @Test
    void findsALimitThatManyShare() {
        assertThat(ThreadRules.sharedLimit(with(sampling(3, 0.6, 0)))).isPresent();
        assertThat(ThreadRules.sharedLimit(with(sampling(1, 0.6, 0)))).isEmpty();
    }

    @Test
    void findsTwoRuntimesOfOneKind() {
        assertThat(LibraryRules.twoLlvmRuntimes(situation(openMp("libomp.so.5"), openMp("libiomp5.so"))))
                .hasValueSatisfying(finding -> assertThat(finding.advice()).contains("MKL_THREADING_LAYER"));
        assertThat(LibraryRules.twoLlvmRuntimes(situation(openMp("libgomp.so.1"), openMp("libiomp5.so"))))
                .isEmpty();
        assertThat(LibraryRules.gompBesideIntel(situation(openMp("libgomp.so.1"), openMp("libiomp5.so"))))
                .isPresent();
        assertThat(LibraryRules.gompBesideIntel(situation(openMp("libgomp.so.1"))))
                .isEmpty();
    }

    @Test
    void findsMklInTheGlobalScope() {
        Situation global =
                new Situation(TWO_CPUS, List.of(PTHREADS), Map.of(), true, Optional.empty(), Optional.empty());

        assertThat(LibraryRules.globalMkl(global)).isPresent();
        assertThat(LibraryRules.globalMkl(situation(PTHREADS))).isEmpty();
    }

    @Test
    void findsSeveralCopies() {
        SeenLibrary other = openBlas("/b/libscipy_openblas64_.so", ThreadingLayer.PTHREADS, 2);

        assertThat(LibraryRules.severalOpenBlas(situation(PTHREADS, other)))
                .hasValueSatisfying(finding -> assertThat(finding.what()).contains("2 copies", "/a/", "/b/"));
        assertThat(LibraryRules.severalOpenBlas(situation(PTHREADS))).isEmpty();
    }

    @Test
    void findsOpenBlasOnOpenMp() {
        assertThat(LibraryRules.openMpOpenBlas(situation(openBlas("/a/libopenblas.so.0", ThreadingLayer.OPENMP, 2))))
                .hasValueSatisfying(finding -> assertThat(finding.what()).contains("0.3.21"));
        assertThat(LibraryRules.openMpOpenBlas(situation(PTHREADS))).isEmpty();
    }

    @Test
    void findsALibraryThatBelievesInMoreCpus() {
        assertThat(LibraryRules.believesInMoreCpus(
                        situation(openBlas("/a/libopenblas.so.0", ThreadingLayer.PTHREADS, 8))))
                .hasValueSatisfying(finding -> assertThat(finding.what()).contains("8 threads", "2 are usable"));
        assertThat(LibraryRules.believesInMoreCpus(situation(PTHREADS))).isEmpty();
    }

    @Test
    void findsASmallStack() {
        assertThat(SettingRules.smallStack(jvm(25, "-Xss1m"))).isPresent();
        assertThat(SettingRules.smallStack(jvm(25)))
                .hasValueSatisfying(finding -> assertThat(finding.what()).contains("default"));
        assertThat(SettingRules.smallStack(jvm(25, "-Xss16m"))).isEmpty();
        assertThat(SettingRules.smallStack(computing("heddle-worker-1"))).isEmpty();
        assertThat(SettingRules.smallStack(computing("main"))).isPresent();
        assertThat(SettingRules.smallStack(situation(PTHREADS)))
                .as("no JVM known")
                .isEmpty();
    }

    @Test
    void findsThreadsThatSpin() {
        assertThat(SettingRules.spinning(with(Map.of("OMP_WAIT_POLICY", "ACTIVE"), openMp("libgomp.so.1"))))
                .isPresent();
        assertThat(SettingRules.spinning(with(Map.of("OMP_WAIT_POLICY", "passive"), openMp("libgomp.so.1"))))
                .isEmpty();
        assertThat(SettingRules.spinning(with(Map.of("KMP_BLOCKTIME", "infinite"), openMp("libiomp5.so"))))
                .isPresent();
        assertThat(SettingRules.spinning(with(Map.of("KMP_BLOCKTIME", "0"), openMp("libiomp5.so"))))
                .isEmpty();
        assertThat(SettingRules.spinning(with(Map.of("KMP_BLOCKTIME", "1000ms"), openMp("libgomp.so.1"))))
                .as("libgomp does not read it")
                .isEmpty();
    }

    @Test
    void findsAQuotaBelowTheCpus() {
        assertThat(SettingRules.quotaBelowCpus(quota(2, 8)))
                .hasValueSatisfying(
                        finding -> assertThat(finding.what()).contains("cpu.max allows 2", "8 can be seen"));
        assertThat(SettingRules.quotaBelowCpus(quota(8, 8))).isEmpty();
    }

    @Test
    void findsThatTheFlagForNativeAccessIsMissing() {
        assertThat(SettingRules.nativeAccess(jvm(25))).isPresent();
        assertThat(SettingRules.nativeAccess(jvm(25, "--enable-native-access=io.heddle")))
                .isEmpty();
        assertThat(SettingRules.nativeAccess(jvm(25, "-jar", "app.jar"))).isEmpty();
        assertThat(SettingRules.nativeAccess(jvm(21)))
                .as("JDK 21 does not warn")
                .isEmpty();
        assertThat(SettingRules.nativeAccess(situation(PTHREADS))).isEmpty();
    }

    @Test
    void findsAnOldJdk() {
        assertThat(SettingRules.oldJdk(jvm(17)))
                .hasValueSatisfying(finding -> assertThat(finding.why()).contains("JDK 22"));
        assertThat(SettingRules.oldJdk(jvm(25))).isEmpty();
    }

    private static Situation quota(int quota, int visible) {
        UsableCpus cpus = new UsableCpus(
                Math.min(quota, visible),
                List.of(
                        new Constraint("the affinity mask", visible),
                        new Constraint("the cgroup quota in /sys/fs/cgroup/a/cpu.max", quota)));
        return new Situation(cpus, List.of(), Map.of(), false, Optional.empty(), Optional.empty());
    }

    private static Situation situation(SeenLibrary... libraries) {
        return with(Map.of(), libraries);
    }

    private static Situation with(Map<String, String> environment, SeenLibrary... libraries) {
        return new Situation(TWO_CPUS, List.of(libraries), environment, false, Optional.empty(), Optional.empty());
    }

    private static Situation with(Sampling sampling) {
        return new Situation(TWO_CPUS, List.of(PTHREADS), Map.of(), false, Optional.of(sampling), Optional.empty());
    }

    private static Situation jvm(int version, String... options) {
        JvmFacts facts = new JvmFacts(OptionalInt.of(version), Arrays.asList(options), true);
        return new Situation(TWO_CPUS, List.of(PTHREADS), Map.of(), false, Optional.empty(), Optional.of(facts));
    }

    private static Situation computing(String thread) {
        Sampling sampling = new Sampling(1, List.of(new ThreadUse(1, thread, false, 1, OptionalDouble.of(0))));
        JvmFacts facts = new JvmFacts(OptionalInt.of(25), List.of(), true);
        return new Situation(TWO_CPUS, List.of(PTHREADS), Map.of(), false, Optional.of(sampling), Optional.of(facts));
    }

    private static Sampling sampling(int threads, double cpuShare, double delayShare) {
        return new Sampling(
                1,
                IntStream.range(0, threads)
                        .mapToObj(i -> new ThreadUse(i, "worker-" + i, false, cpuShare, OptionalDouble.of(delayShare)))
                        .toList());
    }

    private static SeenLibrary openMp(String name) {
        return RuntimeFamily.recognise(Path.of("/lib", name), Optional.empty()).orElseThrow();
    }

    private static SeenLibrary openBlas(String path, ThreadingLayer layer, int threads) {
        return new SeenLibrary(
                UserApi.BLAS,
                "openblas",
                Path.of(path),
                Optional.of("0.3.21"),
                Optional.of(layer),
                Optional.empty(),
                OptionalInt.of(threads),
                OptionalInt.empty(),
                Optional.of(layer == ThreadingLayer.OPENMP ? LimitScope.CURRENT_THREAD : LimitScope.PROCESS),
                Map.of());
    }
}
