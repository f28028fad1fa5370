package jdk.crac.impl;

import java.io.FileDescriptor;
import java.lang.reflect.Field;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

/** Which code opened which descriptor: noted only with -Djdk.crac.collect-fd-stacktraces=true. */
public class DescriptorOrigins {

    private static final Map<FileDescriptor, Exception> ORIGINS = Collections.synchronizedMap(new WeakHashMap<>());

    private DescriptorOrigins() {
    }

    /** Called by each constructor of FileDescriptor, into which DescriptorAgent puts the call. */
    public static void opened(FileDescriptor descriptor) {
        ORIGINS.put(descriptor, new Exception("This file descriptor was created by "
                + Thread.currentThread().getName() + " at epoch:" + System.currentTimeMillis() + " here"));
    }

    /** The exception made where the descriptor of that number was opened; null where nothing was noted. */
    static Exception of(int number) {
        synchronized (ORIGINS) {
            for (Map.Entry<FileDescriptor, Exception> entry : ORIGINS.entrySet()) {
                if (numberOf(entry.getKey()) == number) {
                    return entry.getValue();
                }
            }
        }
        return null;
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
