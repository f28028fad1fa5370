package jdk.crac.impl;

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

    /**
     * Returns in the process that goes on: below zero when the dump failed, else in the restored process, with
     * the id of its new arguments.
     */
    static native int checkpoint(String engine, String folder);
}
