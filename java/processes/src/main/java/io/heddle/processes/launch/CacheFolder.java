package io.heddle.processes.launch;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/*
 * What is in the cache is run by worker JVMs, with this user's rights. Whoever can write to one of the folders on the way to it can put
 * something else there. A folder of another user's, but for root's, is thus refused, and one that others can write to, but for those with a
 * sticky bit, in which nobody can rename what is another's. A group of the user's own name has no other members by the custom of some
 * distributions.
 */
/** The user's cache folder. */
final class CacheFolder {
    private static final int STICKY = 01000;

    private static final Set<Path> TOLD = ConcurrentHashMap.newKeySet();

    private CacheFolder() {}

    /** The one of this user; null for none, also where others could write to it, which is said once. */
    static @Nullable Path ofThisUser() {
        Path folder = named(System.getenv("HEDDLE_CACHE"), "");
        folder = folder == null ? named(System.getenv("XDG_CACHE_HOME"), "heddle") : folder;
        folder = folder == null ? named(System.getProperty("user.home"), ".cache/heddle") : folder;
        return folder == null ? null : trusted(folder);
    }

    private static @Nullable Path named(@Nullable String name, String inside) {
        try {
            return name == null || !Path.of(name).isAbsolute()
                    ? null
                    : Path.of(name).resolve(inside);
        } catch (RuntimeException e) { // a name that this locale cannot spell
            return null;
        }
    }

    /**
     * A folder, if nobody else can write to it; else null, which is said once. Without the links that lead to it: others may be able to write
     * to where one of those is, and have it lead elsewhere afterwards.
     */
    static @Nullable Path trusted(Path folder) {
        Path real = withoutLinks(folder);
        String wrong = whatIsWrong(real);
        if (wrong.isEmpty()) {
            return real;
        }
        if (TOLD.add(folder)) {
            System.getLogger("io.heddle")
                    .log(
                            Level.WARNING,
                            "The cache folder " + folder + " is not used, and worker JVMs start slower: " + wrong
                                    + ". Set HEDDLE_CACHE to a folder that only you can write to, or take the rights of others away"
                                    + " (chmod go-w)");
        }
        return null;
    }

    private static Path withoutLinks(Path folder) {
        if (!isPosix()) {
            return folder;
        }
        Path absolute = folder.toAbsolutePath();
        for (Path there = absolute; there != null; there = there.getParent()) {
            try {
                return there.toRealPath().resolve(there.relativize(absolute)).normalize();
            } catch (IOException e) {
                // it is not there yet
            }
        }
        return absolute;
    }

    /** Of a folder and all that it is in; empty for nothing. What is not there yet is made for this user alone. */
    private static String whatIsWrong(Path folder) {
        if (!isPosix()) {
            return "";
        }
        try {
            Path there = folder.toAbsolutePath();
            while (!Files.exists(there)) {
                Path parent = there.getParent();
                if (parent == null) {
                    return "";
                }
                there = parent;
            }
            String self = owner(Path.of("/proc/self"), System.getProperty("user.name", ""));
            boolean own = there.equals(folder.toAbsolutePath()); // else in a folder that may be everybody's
            for (Path each = there.toRealPath(); each != null; each = each.getParent()) {
                String wrong = whatIsWrong(each, self, own);
                if (!wrong.isEmpty()) {
                    return wrong;
                }
                own = false;
            }
            return "";
        } catch (IOException e) {
            return "its rights cannot be read (" + e + ")";
        }
    }

    private static String owner(Path ofProcess, String otherwise) throws IOException {
        return Files.exists(ofProcess) ? Files.getOwner(ofProcess).getName() : otherwise;
    }

    private static String whatIsWrong(Path folder, String self, boolean mustBeOwn) throws IOException {
        PosixFileAttributes attributes = Files.readAttributes(folder, PosixFileAttributes.class);
        String owner = attributes.owner().getName();
        if (!owner.equals(self) && (mustBeOwn || !owner.equals("root"))) {
            return folder + " is " + owner + "'s, and this process runs as " + self;
        }
        Set<PosixFilePermission> permissions = attributes.permissions();
        boolean ofOthers = permissions.contains(PosixFilePermission.OTHERS_WRITE);
        boolean ofGroup = permissions.contains(PosixFilePermission.GROUP_WRITE)
                && !attributes.group().getName().equals(owner);
        if ((ofOthers || ofGroup) && (mustBeOwn || !isSticky(folder))) {
            return "other users can write to " + folder + " ("
                    + PosixFilePermissions.toString(permissions) + ", group "
                    + attributes.group().getName() + ")";
        }
        return "";
    }

    private static boolean isSticky(Path folder) throws IOException {
        return Files.getAttribute(folder, "unix:mode", LinkOption.NOFOLLOW_LINKS) instanceof Integer mode
                && (mode & STICKY) != 0;
    }

    private static boolean isPosix() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    }

    /**
     * A folder in it, made if need be.
     *
     * @throws IOException if it cannot be made, or others can write to it
     */
    static Path make(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            FileAttribute<?>[] attributes = isPosix()
                    ? new FileAttribute<?>[] {
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                    }
                    : new FileAttribute<?>[0];
            Files.createDirectories(folder, attributes);
        }
        String wrong = whatIsWrong(folder);
        if (!wrong.isEmpty()) {
            throw new IOException(wrong);
        }
        return folder;
    }
}
