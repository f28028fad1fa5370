package jdk.crac.impl;

import java.io.FileDescriptor;
import java.nio.channels.Channel;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;

/** The objects of the JDK behind descriptors, which name them. They are found in the heap: the JDK has no list of them. */
class DescriptorOwners {

    private static final List<String> SOCKETS = List.of(
            "sun.nio.ch.NioSocketImpl",
            "sun.nio.ch.ServerSocketChannelImpl",
            "sun.nio.ch.SocketChannelImpl",
            "sun.nio.ch.DatagramChannelImpl",
            "sun.nio.ch.UnixAsynchronousServerSocketChannelImpl",
            "sun.nio.ch.UnixAsynchronousSocketChannelImpl");
    private static final String SELECTOR = "sun.nio.ch.EPollSelectorImpl";
    /** What has an epoll descriptor, besides selectors. */
    private static final List<String> POLLERS = List.of("sun.nio.ch.EPollPoller", "sun.nio.ch.EPollPort");
    /** NioSocketImpl.ST_CLOSING. */
    private static final int CLOSING = 4;

    private DescriptorOwners() {
    }

    /** Open sockets, by the number of their descriptor. */
    static Map<Integer, Object> sockets() {
        Map<Integer, Object> owners = new HashMap<>();
        for (String type : SOCKETS) {
            for (Object socket : instancesOf(type)) {
                if (Engine.objectField(socket, "fd", "Ljava/io/FileDescriptor;") instanceof FileDescriptor fd
                        && fd.valid() && isOpen(socket)) {
                    owners.put(numberOf(fd), socket);
                }
            }
        }
        return owners;
    }

    static List<Selector> selectors() {
        List<Selector> open = new ArrayList<>();
        for (Object selector : instancesOf(SELECTOR)) {
            if (((Selector) selector).isOpen()) {
                open.add((Selector) selector);
            }
        }
        return open;
    }

    /** Numbers of the descriptors that selectors have for themselves. */
    static Set<Integer> ofSelectors() {
        Set<Integer> numbers = new HashSet<>();
        List<Object> pollers = new ArrayList<>(selectors());
        POLLERS.forEach(type -> pollers.addAll(instancesOf(type)));
        for (Object poller : pollers) {
            numbers.add(Engine.intField(poller, "epfd"));
            if (poller instanceof Selector) {
                numbers.add(Engine.intField(Engine.objectField(poller, "eventfd", "Lsun/nio/ch/EventFD;"), "efd"));
            } else if (poller instanceof Executor) {
                // What wakes up the port of asynchronous channels.
                for (int end : (int[]) Engine.objectField(poller, "sp", "[I")) {
                    numbers.add(end);
                }
            }
        }
        return numbers;
    }

    /** Descriptors that code in Java has opened, by their numbers. */
    static Map<Integer, List<FileDescriptor>> descriptors() {
        Map<Integer, List<FileDescriptor>> numbers = new HashMap<>();
        for (Object descriptor : Engine.instancesOf(FileDescriptor.class)) {
            if (descriptor instanceof FileDescriptor fd && fd.valid()) {
                numbers.computeIfAbsent(numberOf(fd), number -> new ArrayList<>()).add(fd);
            }
        }
        return numbers;
    }

    private static boolean isOpen(Object socket) {
        return socket instanceof Channel channel ? channel.isOpen() : Engine.intField(socket, "state") < CLOSING;
    }

    private static int numberOf(FileDescriptor fd) {
        return Engine.intField(fd, "fd");
    }

    private static List<Object> instancesOf(String type) {
        try {
            return Arrays.asList(Engine.instancesOf(Class.forName(type, false, null)));
        } catch (ClassNotFoundException e) {
            return List.of();
        }
    }
}
