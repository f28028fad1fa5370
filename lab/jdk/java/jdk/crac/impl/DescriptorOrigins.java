package jdk.crac.impl;

import java.io.FileDescriptor;
import java.lang.reflect.Field;
import java.util.Map;
import java.util.WeakHashMap;

/** Which code opened which descriptor: noted only with -Djdk.crac.collect-fd-stacktraces=true. */
public class DescriptorOrigins {

    private record Origin(long order, Exception stack) {
    }

    private static final Map<FileDescriptor, Origin> ORIGINS = new WeakHashMap<>();
    private static long next;

    private DescriptorOrigins() {
    }

    /** Called by each constructor of FileDescriptor, into which DescriptorAgent puts the call. */
    public static void opened(FileDescriptor descriptor) {
        Exception stack = new Exception("This file descriptor was created by "
                + Thread.currentThread().getName() + " at epoch:" + System.currentTimeMillis() + " here");
        synchronized (ORIGINS) {
            ORIGINS.put(descriptor, new Origin(next++, stack));
        }
    }

    /**
     * The exception made where the descriptor of that number was opened; null where nothing was noted. A closed
     * socket of NIO keeps its number for as long as somebody holds it: the newest is the open one.
     */
    static Exception of(int number) {
        Origin newest = null;
        synchronized (ORIGINS) {
            for (Map.Entry<FileDescriptor, Origin> entry : ORIGINS.entrySet()) {
                Origin origin = entry.getValue();
                if (numberOf(entry.getKey()) == number && (newest == null || origin.order() > newest.order())) {
                    newest = origin;
                }
            }
        }
        return newest == null ? null : newest.stack();
    }

    private static int numberOf(FileDescriptor descriptor) {
        try {
            Field number = FileDescriptor.class.getDeclaredField("fd");
            number.setAccessible(true);
            return number.getInt(descriptor);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
