package io.heddle.processes.launch;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.Set;

/** The folders that workers connect in. A program that ends while one is there deletes it. Thread-safe. */
final class SocketFolders {
    /** The name of the only file in one. */
    static final String SOCKET = "s";

    private static final Set<Path> THERE = new HashSet<>(); // guarded by the class, as is what follows
    private static boolean watched;
    private static boolean over;

    private SocketFolders() {}

    /**
     * Makes a folder for this user alone.
     *
     * @throws IOException if that is not possible, or somebody else has made it, or this program ends
     */
    static synchronized void make(Path folder) throws IOException {
        if (!watched) {
            watch();
            watched = true;
        }
        if (over) {
            throw new IOException("this program ends");
        }
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] attributes = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                }
                : new FileAttribute<?>[0];
        Files.createDirectory(folder, attributes);
        THERE.add(folder);
    }

    private static void watch() throws IOException {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(null, null, "heddle-folders", 0, false) {
                @Override
                public void run() {
                    deleteAll();
                }
            });
        } catch (IllegalStateException e) {
            throw new IOException("this program ends", e);
        }
    }

    /**
     * Deletes one that was made here.
     *
     * @throws IOException if it cannot be deleted; it is not tried again
     */
    static synchronized void delete(Path folder) throws IOException {
        if (THERE.remove(folder)) {
            Files.deleteIfExists(folder.resolve(SOCKET));
            Files.deleteIfExists(folder);
        }
    }

    private static synchronized void deleteAll() {
        over = true;
        for (Path folder : Set.copyOf(THERE)) {
            try {
                delete(folder);
            } catch (IOException e) {
                // nobody is left to be told
            }
        }
    }
}
