// The smoke suite as an application runs it that has told zod not to try code generation.
import './jitless.ts';
import './smoke.ts';
