package jdk.crac.impl;

import java.io.FileDescriptor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import jdk.crac.impl.ResourcePolicies.Policy;
import jdk.internal.crac.mirror.impl.CheckpointOpenFileException;
import jdk.internal.crac.mirror.impl.CheckpointOpenResourceException;
import jdk.internal.crac.mirror.impl.CheckpointOpenSocketException;

/** What the process has open and could not take along: refused, or dealt with as the policies say. */
class OpenDescriptors {

    private static final Path FOLDER = Path.of("/proc/self/fd");
    private static final String HOME = System.getProperty("java.home");
    private static final Set<String> DEVICES = Set.of("/dev/null", "/dev/random", "/dev/urandom");
    private static final List<String> IGNORED =
            Arrays.asList(System.getProperty("jdk.crac.lab.ignored-descriptors", "").split(","));

    private ResourcePolicies policies;
    private final List<Exception> refused = new ArrayList<>();
    /** Files that were closed, and are opened again when the process goes on. */
    private final List<Closed> closed = new ArrayList<>();
    /** Sockets that stay open because a policy says so. */
    private final Set<Integer> ignored = new HashSet<>();
    private final Map<Integer, Object> sockets = DescriptorOwners.sockets();
    private final Map<Integer, List<FileDescriptor>> descriptors = DescriptorOwners.descriptors();

    private record Closed(int number, String path, int flags, long position) {
    }

    /** Returns what has to be closed first; closes what the policies say. Throws for policies that are no such. */
    List<Exception> refused() {
        policies = ResourcePolicies.load();
        try {
            closeSockets();
            addBusySelectors();
            Set<Integer> ofSelectors = DescriptorOwners.ofSelectors();
            try (DirectoryStream<Path> folder = Files.newDirectoryStream(FOLDER)) {
                for (Path descriptor : folder) {
                    int number = Integer.parseInt(descriptor.getFileName().toString());
                    if (number > 2 && !ofSelectors.contains(number) && !ignored.contains(number)) {
                        check(number, descriptor);
                    }
                }
            }
        } catch (IOException e) {
            refused.add(e);
        }
        return refused;
    }

    /** Opens again what a policy has closed; returns what could not be opened. */
    List<Exception> reopen() {
        List<Exception> failed = new ArrayList<>();
        for (Closed file : closed) {
            if (!Engine.reopen(file.number(), file.path(), file.flags(), file.position())) {
                failed.add(new CheckpointOpenFileException(
                        "Cannot reopen file descriptor " + file.number() + " (" + file.path() + ") after restore"));
            }
        }
        closed.clear();
        return failed;
    }

    private void closeSockets() throws IOException {
        List<Integer> closing = new ArrayList<>();
        for (Map.Entry<Integer, Object> socket : sockets.entrySet()) {
            Object owner = socket.getValue();
            SocketAddress[] ends = ends(owner);
            Policy policy = policies.forSocket(ends[0], ends[1]);
            switch (policy.action()) {
                case "error" -> { }
                case "ignore" -> {
                    warn(policy, "Socket " + owner);
                    ignored.add(socket.getKey());
                }
                case "close" -> {
                    warn(policy, "Socket " + owner);
                    Engine.close(owner);
                    closing.add(socket.getKey());
                }
                case "reopen" -> throw new UnsupportedOperationException("Reopen not implemented on sockets");
                default -> throw new IllegalStateException("Unknown policy action " + policy.action() + " for " + owner);
            }
        }
        // The thread of a selector closes the descriptor of a channel that was registered.
        for (int tries = 0; tries < 100 && closing.stream().anyMatch(OpenDescriptors::isOpen); tries++) {
            DescriptorOwners.selectors().forEach(Selector::wakeup);
            pause();
        }
    }

    private void addBusySelectors() {
        for (Selector selector : DescriptorOwners.selectors()) {
            Set<Object> channels = selector.keys().stream()
                    .filter(SelectionKey::isValid)
                    .map(SelectionKey::channel)
                    .collect(Collectors.toSet());
            if (channels.isEmpty()) {
                continue;
            }
            refused.add(new BusySelectorException("Selector " + selector + " has registered keys from channels: " + channels));
            refused.add(leftOpen("EPoll FD ", Engine.intField(selector, "epfd"), selector));
            Object event = Engine.objectField(selector, "eventfd", "Lsun/nio/ch/EventFD;");
            refused.add(leftOpen("EPoll Event FD ", Engine.intField(event, "efd"), selector));
        }
    }

    private static Exception leftOpen(String type, int number, Selector selector) {
        return new CheckpointOpenSocketException(type + number + " left open in " + selector + " with registered keys.");
    }

    private void check(int number, Path descriptor) throws IOException {
        String target;
        try {
            target = Files.readSymbolicLink(descriptor).toString();
        } catch (NoSuchFileException e) {
            return;
        }
        if (IGNORED.contains(String.valueOf(number)) || IGNORED.contains(target)) {
            return;
        }
        boolean ofJava = descriptors.containsKey(number);
        if (target.startsWith("socket:[")) {
            Object owner = sockets.get(number);
            if (owner != null) {
                refuse(number, new CheckpointOpenSocketException(owner.toString()));
            } else if (!Engine.isCloseMarker(number)) {
                String socket = SocketTable.describe(target.substring(8, target.length() - 1));
                apply(number, target, policies.forDescriptor(number, socket), new CheckpointOpenSocketException(socket));
            }
        } else if (target.startsWith("/")) {
            if (!belongsToJvm(target)) {
                String text = ofJava ? target : "FD fd=" + number + " type=regular path=" + target;
                Policy policy = ofJava ? policies.forFile(target) : policies.forDescriptor(number, text);
                apply(number, target, policy, new CheckpointOpenFileException(text));
            }
        } else {
            boolean pipe = target.startsWith("pipe:");
            String text = "FD fd=" + number + " type=" + (pipe ? "fifo" : "unknown") + " path=" + target;
            Policy policy = pipe && ofJava ? policies.forPipe() : policies.forDescriptor(number, text);
            apply(number, target, policy, new CheckpointOpenResourceException(text));
        }
    }

    private void apply(int number, String path, Policy policy, Exception open) throws IOException {
        switch (policy.action()) {
            case "error" -> refuse(number, open);
            case "ignore" -> warn(policy, "FD " + number + " (" + path + ")");
            case "close", "reopen" -> {
                warn(policy, "FD " + number + " (" + path + ")");
                if (policy.action().equals("reopen")) {
                    closed.add(closed(number, path));
                } else {
                    descriptors.getOrDefault(number, List.of()).forEach(fd -> Engine.setIntField(fd, "fd", -1));
                }
                Engine.closeDescriptor(number);
            }
            default -> throw new IllegalStateException("Unknown policy action " + policy.action() + " for " + path);
        }
    }

    private void refuse(int number, Exception open) {
        Exception origin = DescriptorOrigins.of(number);
        if (origin != null) {
            open.initCause(origin);
        }
        refused.add(open);
    }

    private static Closed closed(int number, String path) throws IOException {
        long position = 0;
        int flags = 0;
        for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo", String.valueOf(number)))) {
            String[] words = line.split("\\s+");
            switch (words[0]) {
                case "pos:" -> position = Long.parseLong(words[1]);
                case "flags:" -> flags = Integer.parseInt(words[1], 8);
                default -> { }
            }
        }
        return new Closed(number, path, flags, position);
    }

    /** The addresses of a socket: local, remote; null where it has none. */
    private static SocketAddress[] ends(Object owner) throws IOException {
        if (owner instanceof NetworkChannel channel) {
            return new SocketAddress[] {
                channel.getLocalAddress(), channel instanceof SocketChannel socket ? socket.getRemoteAddress() : null
            };
        }
        InetAddress address = (InetAddress) Engine.objectField(owner, "address", "Ljava/net/InetAddress;");
        int port = Engine.intField(owner, "port");
        int localPort = Engine.intField(owner, "localport");
        return new SocketAddress[] {
            new InetSocketAddress(port == 0 ? address : null, localPort), port == 0 ? null : new InetSocketAddress(address, port)
        };
    }

    private static void warn(Policy policy, String what) {
        if (policy.warns()) {
            System.err.println("WARNING: " + what + " was not closed by the application. "
                    + "Use 'warn: false' in the policy to suppress this message.");
        }
    }

    private static boolean isOpen(int number) {
        return Files.exists(FOLDER.resolve(String.valueOf(number)), LinkOption.NOFOLLOW_LINKS);
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The JDK's own files, the jars of class loaders, the devices of SecureRandom, and the listing of descriptors. */
    private static boolean belongsToJvm(String path) {
        return path.startsWith(HOME + "/")
                || path.endsWith(".jar")
                || DEVICES.contains(path)
                || path.matches("/proc/\\d+/fd");
    }
}
