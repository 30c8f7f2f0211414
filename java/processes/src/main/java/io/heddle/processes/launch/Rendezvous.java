package io.heddle.processes.launch;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.SocketOption;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/*
 * Who connects is first asked for its user by the kernel, then has to send the secret. Connections that say nothing wait beside those that
 * do: they can neither take the worker's place nor keep it waiting.
 */
/** The place where one worker connects: a socket in a folder of its own, both gone when this is closed. Not thread-safe but for wake-ups. */
public final class Rendezvous implements AutoCloseable {
    /** How long a connection may take to send its secret. */
    static final Duration SECRET_TIME = Duration.ofSeconds(5);

    private static final int SECRET_BYTES = 32;
    private static final int MOST_WAITING = 64;

    /** Source: unix(7), the size of {@code sun_path} on macOS; Linux has 4 more. */
    private static final int MOST_PATH_BYTES = 103;

    private final Path folder;
    private final byte[] secret;
    private @Nullable ServerSocketChannel server;
    private @Nullable Selector selector;
    private @Nullable UserPrincipal owner;
    private final Deque<Guest> guests = new ArrayDeque<>();
    private int refused;

    /** A connection that has not sent its secret yet. No record: a record's own equals costs a program's first call 10 ms. */
    private static final class Guest {
        final SocketChannel channel;
        final ByteBuffer said;
        final long untilNanos;

        Guest(SocketChannel channel, ByteBuffer said, long untilNanos) {
            this.channel = channel;
            this.said = said;
            this.untilNanos = untilNanos;
        }
    }

    private Rendezvous(Path folder, byte[] secret) {
        this.folder = folder;
        this.secret = secret;
    }

    /** A new place: its name and secret, but nothing is there yet, so that a worker which knows the name can delete what it finds. */
    public static Rendezvous open() throws IOException {
        return open(Path.of(System.getProperty("java.io.tmpdir", "/tmp")));
    }

    static Rendezvous open(Path temporary) throws IOException {
        byte[] secret = random(SECRET_BYTES);
        return new Rendezvous(folder(temporary.toAbsolutePath()), secret);
    }

    /** Makes the socket. The worker's JVM starts meanwhile: in a new program this takes some 30 ms. */
    public void listen() throws IOException {
        SocketFolders.make(folder); // one that somebody else made is not taken
        owner = Files.getOwner(folder);
        selector = Selector.open();
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket()));
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
    }

    private static Path folder(Path temporary) throws IOException {
        Path plain = Path.of("/tmp");
        int most = MOST_PATH_BYTES - "/heddle-0123456789abcdef/s".length();
        boolean fits = temporary.toString().getBytes(StandardCharsets.UTF_8).length <= most;
        Path in = !fits && Files.isWritable(plain) ? plain : temporary;
        return in.resolve("heddle-" + HexFormat.of().formatHex(random(Long.BYTES)));
    }

    /** From where SecureRandom has it on Linux and macOS, 30 ms sooner in a new program: it loads the security providers. */
    private static byte[] random(int count) throws IOException {
        try (InputStream in = Files.newInputStream(Path.of("/dev/urandom"))) {
            byte[] bytes = in.readNBytes(count);
            if (bytes.length == count) {
                return bytes;
            }
        } catch (NoSuchFileException e) {
            // Windows
        }
        byte[] bytes = new byte[count];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }

    /** The socket's path. */
    public Path socket() {
        return folder.resolve(SocketFolders.SOCKET);
    }

    /** What the worker has to send, in hexadecimal digits. */
    public String secret() {
        return HexFormat.of().formatHex(secret);
    }

    /** How many connections were closed as they were not the worker's. */
    int refused() {
        return refused;
    }

    /** Lets {@link #await} look whether the worker still lives. */
    public void wakeUp() {
        Selector waiting = selector;
        if (waiting != null) {
            waiting.wakeup();
        }
    }

    /**
     * Waits for the worker. An interrupt does not end it, and is kept.
     *
     * @param pid the worker's process number
     * @param alive whether the worker lives; told of a change by {@link #wakeUp}
     * @param limit how long to wait
     * @return its connection, in blocking mode; null if it died or the time is over
     */
    public @Nullable SocketChannel await(long pid, BooleanSupplier alive, Duration limit) throws IOException {
        Selector waiting = Objects.requireNonNull(selector, "it does not listen");
        long until = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        try {
            while (alive.getAsBoolean()) {
                interrupted |= Thread.interrupted();
                long now = System.nanoTime();
                while (!guests.isEmpty() && guests.getFirst().untilNanos - now <= 0) {
                    refuse(guests.removeFirst());
                }
                long next = guests.isEmpty() ? until : Math.min(until, guests.getFirst().untilNanos);
                if (until - now <= 0) {
                    return null;
                }
                waiting.select(Math.max(1, (next - now) / 1_000_000));
                SocketChannel worker = look(waiting, pid);
                if (worker != null) {
                    return worker;
                }
            }
            return null;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private @Nullable SocketChannel look(Selector selected, long pid) throws IOException {
        for (Iterator<SelectionKey> keys = selected.selectedKeys().iterator(); keys.hasNext(); ) {
            SelectionKey key = keys.next();
            keys.remove();
            if (!(key.attachment() instanceof Guest guest)) {
                accept((ServerSocketChannel) key.channel(), selected);
            } else if (key.isValid() && hasSaidAll(guest)) {
                guests.remove(guest);
                if (isWorker(guest, pid)) {
                    key.cancel();
                    guest.channel.configureBlocking(true);
                    return guest.channel;
                }
                refuse(guest);
            }
        }
        return null;
    }

    private void accept(ServerSocketChannel from, Selector to) throws IOException {
        for (SocketChannel channel = from.accept(); channel != null; channel = from.accept()) {
            try {
                if (!isOwn(channel)) {
                    refused++;
                    channel.close();
                    continue;
                }
                Guest guest = new Guest(
                        channel,
                        ByteBuffer.allocate(SECRET_BYTES + Long.BYTES),
                        System.nanoTime() + SECRET_TIME.toNanos());
                channel.configureBlocking(false);
                channel.register(to, SelectionKey.OP_READ, guest);
                if (guests.size() == MOST_WAITING) {
                    refuse(guests.removeFirst());
                }
                guests.addLast(guest);
            } catch (IOException e) { // gone again
                refused++;
                channel.close();
            }
        }
    }

    private boolean isOwn(SocketChannel channel) throws IOException {
        for (SocketOption<?> option : channel.supportedOptions()) {
            if (option.name().equals("SO_PEERCRED")) {
                return Peer.user(channel).equals(owner);
            }
        }
        return true;
    }

    /** Loaded only where the runtime has the module jdk.net. */
    private static final class Peer {
        static UserPrincipal user(SocketChannel channel) throws IOException {
            return channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
        }
    }

    private boolean hasSaidAll(Guest guest) throws IOException {
        try {
            int read = guest.channel.read(guest.said);
            return read < 0 || !guest.said.hasRemaining();
        } catch (IOException e) {
            return true; // what it has said is not the secret
        }
    }

    private boolean isWorker(Guest guest, long pid) {
        ByteBuffer said = guest.said;
        byte[] given = new byte[SECRET_BYTES];
        boolean complete = !said.hasRemaining();
        said.flip();
        said.get(given, 0, Math.min(said.remaining(), SECRET_BYTES));
        return MessageDigest.isEqual(given, secret)
                && complete
                && said.order(ByteOrder.BIG_ENDIAN).getLong() == pid;
    }

    private void refuse(Guest guest) throws IOException {
        refused++;
        guest.channel.close();
    }

    /** Never fails: who has connected is there, whatever becomes of the folder. */
    @Override
    public void close() {
        for (Guest guest : guests) {
            close(guest.channel);
        }
        close(server);
        close(selector);
        try {
            SocketFolders.delete(folder);
        } catch (IOException e) {
            tellLeft(e);
        }
    }

    private void close(@Nullable Closeable open) {
        try {
            if (open != null) {
                open.close();
            }
        } catch (IOException e) { // as where no file can be opened
            tellLeft(e);
        }
    }

    private void tellLeft(IOException why) {
        System.getLogger("io.heddle").log(Level.DEBUG, () -> folder + ": something of it may be left", why);
    }
}
