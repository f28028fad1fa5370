package jdk.crac.lab;

import java.io.FileDescriptor;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import jdk.internal.org.objectweb.asm.ClassReader;
import jdk.internal.org.objectweb.asm.ClassVisitor;
import jdk.internal.org.objectweb.asm.ClassWriter;
import jdk.internal.org.objectweb.asm.MethodVisitor;
import jdk.internal.org.objectweb.asm.Opcodes;

/** Makes every constructor of FileDescriptor call DescriptorOrigins. The launcher adds it as an agent. */
public class DescriptorAgent {

    private DescriptorAgent() {
    }

    public static void premain(String arguments, Instrumentation instrumentation) throws Exception {
        instrumentation.addTransformer(new ClassFileTransformer() {
            @Override
            public byte[] transform(ClassLoader loader, String name, Class<?> type, ProtectionDomain domain, byte[] code) {
                return "java/io/FileDescriptor".equals(name) ? withCalls(code) : null;
            }
        }, true);
        instrumentation.retransformClasses(FileDescriptor.class);
    }

    private static byte[] withCalls(byte[] code) {
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        new ClassReader(code).accept(new ClassVisitor(Opcodes.ASM8, writer) {
            @Override
            public MethodVisitor visitMethod(int access, String name, String type, String signature, String[] thrown) {
                MethodVisitor method = super.visitMethod(access, name, type, signature, thrown);
                return name.equals("<init>") ? withCall(method) : method;
            }
        }, 0);
        return writer.toByteArray();
    }

    private static MethodVisitor withCall(MethodVisitor method) {
        return new MethodVisitor(Opcodes.ASM8, method) {
            @Override
            public void visitInsn(int opcode) {
                if (opcode == Opcodes.RETURN) {
                    visitVarInsn(Opcodes.ALOAD, 0);
                    visitMethodInsn(Opcodes.INVOKESTATIC, "jdk/crac/impl/DescriptorOrigins", "opened",
                            "(Ljava/io/FileDescriptor;)V", false);
                }
                super.visitInsn(opcode);
            }
        };
    }
}
