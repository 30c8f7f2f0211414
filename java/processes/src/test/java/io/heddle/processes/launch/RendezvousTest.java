package io.heddle.processes.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.heddle.fixture.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RendezvousTest {
    private static final long PID = 4711;
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path temporary;

    private Rendezvous rendezvous;
    private final List<SocketChannel> guests = new ArrayList<>();

    @BeforeEach
    void open() throws IOException {
        rendezvous = Rendezvous.open(temporary);
        rendezvous.listen();
    }

    @AfterEach
    void nothingIsLeft() throws IOException {
        for (SocketChannel guest : guests) {
            guest.close();
        }
        rendezvous.close();
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left).isEmpty();
        }
    }

    private SocketChannel guest(byte[] says) throws IOException {
        SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(rendezvous.socket()));
        guests.add(channel);
        channel.write(ByteBuffer.wrap(says));
        return channel;
    }

    private byte[] hello(String secret, long pid) {
        return ByteBuffer.allocate(40)
                .put(HexFormat.of().parseHex(secret))
                .putLong(pid)
                .array();
    }

    @Test
    void theFolderIsItsUsersAlone() throws IOException {
        Path folder = rendezvous.socket().getParent();

        assertThat(folder).isNotNull();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
                .isEqualTo("rwx------");
        assertThat(rendezvous.secret()).matches("[0-9a-f]{64}");
    }

    @Test
    void othersAreRefusedAndTheWorkerGetsIn() throws IOException {
        CompletableFuture<SocketChannel> waiting = awaitInBackground(() -> true);
        guest(new byte[0]); // says nothing, and stays
        guest(new byte[] {1, 2, 3}).close();
        for (byte[] wrong : List.of(hello("00".repeat(32), PID), hello(rendezvous.secret(), PID + 1), new byte[40])) {
            assertThat(guest(wrong).read(ByteBuffer.allocate(1))).isEqualTo(-1);
        }
        SocketChannel right = guest(hello(rendezvous.secret(), PID));

        try (SocketChannel accepted = waiting.join()) {
            assertThat(accepted).isNotNull();
            right.write(ByteBuffer.wrap(new byte[] {42}));
            ByteBuffer first = ByteBuffer.allocate(1);
            accepted.read(first);
            assertThat(first.get(0)).isEqualTo((byte) 42);
            assertThat(accepted.isBlocking()).isTrue();
        }
        assertThat(rendezvous.refused()).isEqualTo(4);
    }

    @Test
    void manyWhoSayNothingKeepNobodyOut() throws IOException {
        CompletableFuture<SocketChannel> accepted = awaitInBackground(() -> true);
        for (int i = 0; i < 200; i++) {
            guest(new byte[] {1});
        }
        guest(hello(rendezvous.secret(), PID));

        await().until(accepted::isDone);
        accepted.join().close();
    }

    @Test
    void whoSaysNothingIsClosedAfterAWhile() throws IOException {
        SocketChannel silent = guest(new byte[] {1});
        CompletableFuture<SocketChannel> accepted = awaitInBackground(() -> true);

        assertThat(silent.read(ByteBuffer.allocate(1))).isEqualTo(-1); // waits
        guest(hello(rendezvous.secret(), PID));
        accepted.join().close();
    }

    @Test
    void theDeathOfTheWorkerEndsTheWait() {
        AtomicBoolean alive = new AtomicBoolean(true);
        CompletableFuture<SocketChannel> accepted = awaitInBackground(alive::get);
        alive.set(false);
        rendezvous.wakeUp();

        await().until(accepted::isDone);
        assertThat(accepted.join()).isNull();
    }

    @Test
    void timeEndsTheWait() throws IOException {
        assertThat(rendezvous.await(PID, () -> true, Duration.ofMillis(20))).isNull();
    }

    @Test
    void anInterruptDoesNotAndIsKept() throws IOException {
        guest(hello(rendezvous.secret(), PID));
        Thread.currentThread().interrupt();

        try (SocketChannel accepted = rendezvous.await(PID, () -> true, LONG)) {
            assertThat(Thread.interrupted()).isTrue();
            assertThat(accepted.isOpen()).isTrue();
        }
    }

    @Test
    void aTemporaryFolderTooDeepForASocketIsAvoided() throws IOException {
        Path deep = Files.createDirectory(temporary.resolve("d".repeat(100)));
        try (Rendezvous other = Rendezvous.open(deep)) {
            other.listen();
            assertThat(other.socket().toString()).startsWith("/tmp/heddle-");
        }
        Files.delete(deep);
    }

    private CompletableFuture<SocketChannel> awaitInBackground(BooleanSupplier alive) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return rendezvous.await(PID, alive, LONG);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Test
    void aProgramThatEndsMeanwhileLeavesNoFolder(@TempDir Path temp) throws Exception {
        ChildJvm.of(EndsMeanwhile.class).option("-Djava.io.tmpdir=" + temp).succeeds();

        assertThat(temp).isEmptyDirectory();
    }

    static final class EndsMeanwhile {
        public static void main(String[] arguments) throws IOException {
            Rendezvous rendezvous = Rendezvous.open();
            rendezvous.listen();
            assertThat(rendezvous.socket()).exists();
            System.exit(0);
        }
    }
}
