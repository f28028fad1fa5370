package jdk.crac.impl;

import java.io.IOException;

/** The native side: lib/libcrac.so. */
class Engine {

    static {
        System.load(System.getProperty("java.home") + "/lib/libcrac.so");
    }

    private Engine() {
    }

    /** Ends HotSpot's attach listener: its socket could not be dumped. The next attach starts it again. */
    static native void closeAttachSocket();

    /** Whether the descriptor is the JDK's own marker for sockets that are being closed. */
    static native boolean isCloseMarker(int descriptor);

    /** The instances of exactly this class, also ones that nothing refers to any more. */
    static native Object[] instancesOf(Class<?> type);

    /** The value of a field of the JDK, whatever its module opens. */
    static native int intField(Object object, String name);

    static native Object objectField(Object object, String name, String signature);

    static native void setIntField(Object object, String name, int value);

    /** Calls close(), which sockets of java.net keep to themselves. */
    static native void close(Object object) throws IOException;

    static native void closeDescriptor(int descriptor);

    /** Opens a file under the number of a descriptor; false if it cannot be opened. */
    static native boolean reopen(int descriptor, String path, int flags, long position);

    /**
     * Returns in the process that goes on: below zero when the dump failed, else in the restored process, with
     * the id of its new arguments.
     */
    static native int checkpoint(String engine, String folder);
}
