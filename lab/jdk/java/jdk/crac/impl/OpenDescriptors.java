package jdk.crac.impl;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** What the process has open and could not take along. */
class OpenDescriptors {

    private static final Path FOLDER = Path.of("/proc/self/fd");
    private static final String HOME = System.getProperty("java.home");
    private static final Set<String> DEVICES = Set.of("/dev/null", "/dev/random", "/dev/urandom");
    private static final List<String> IGNORED =
            Arrays.asList(System.getProperty("jdk.crac.lab.ignored-descriptors", "").split(","));

    private OpenDescriptors() {
    }

    static List<Exception> find() {
        List<Exception> found = new ArrayList<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(FOLDER)) {
            for (Path descriptor : descriptors) {
                int number = Integer.parseInt(descriptor.getFileName().toString());
                Exception open = number < 3 ? null : check(number, descriptor);
                if (open != null) {
                    Exception origin = DescriptorOrigins.of(number);
                    if (origin != null) {
                        open.initCause(origin);
                    }
                    found.add(open);
                }
            }
        } catch (IOException e) {
            found.add(e);
        }
        return found;
    }

    private static Exception check(int number, Path descriptor) throws IOException {
        String target;
        try {
            target = Files.readSymbolicLink(descriptor).toString();
        } catch (NoSuchFileException e) {
            return null;
        }
        if (IGNORED.contains(String.valueOf(number)) || IGNORED.contains(target)) {
            return null;
        }
        if (target.startsWith("socket:[")) {
            if (Engine.isCloseMarker(number)) {
                return null;
            }
            String inode = target.substring(8, target.length() - 1);
            return new CheckpointOpenSocketException(SocketTable.describe(inode));
        }
        if (target.startsWith("/")) {
            return belongsToJvm(target) ? null : new CheckpointOpenFileException(target);
        }
        // The inner life of an idle selector, which CRIU can carry. A busy one has sockets, and those are found.
        if (target.equals("anon_inode:[eventpoll]") || target.equals("anon_inode:[eventfd]")) {
            return null;
        }
        String type = target.startsWith("pipe:") ? "fifo" : "unknown";
        return new CheckpointOpenResourceException("FD fd=" + number + " type=" + type + " path=" + target);
    }

    /** The JDK's own files, the jars of class loaders, the devices of SecureRandom, and the listing of descriptors. */
    private static boolean belongsToJvm(String path) {
        return path.startsWith(HOME + "/")
                || path.endsWith(".jar")
                || DEVICES.contains(path)
                || path.matches("/proc/\\d+/fd");
    }
}
