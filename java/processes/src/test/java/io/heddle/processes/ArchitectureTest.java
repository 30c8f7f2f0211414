package io.heddle.processes;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The dependency line of this module: every package uses those after it only. */
class ArchitectureTest {
    private static final String ROOT = "io.heddle.processes";
    private static final List<String> LINE = List.of(
            ROOT,
            ROOT + ".launch",
            ROOT + ".pool",
            ROOT + ".wire",
            ROOT + ".codec",
            ROOT + ".failure",
            ROOT + ".setting");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @Test
    void noPackageUsesOneBeforeIt() {
        for (int place = 1; place < LINE.size(); place++) {
            noClasses()
                    .that()
                    .resideInAPackage(LINE.get(place))
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(LINE.subList(0, place).toArray(new String[0]))
                    .check(CLASSES);
        }
    }

    @Test
    void aWorkerUsesOnlyWhatBothSidesHave() {
        noClasses()
                .that()
                .resideInAPackage(ROOT + ".worker")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(ROOT, ROOT + ".pool", ROOT + ".launch")
                .check(CLASSES);
    }

    @Test
    void nothingNativeIsCalledHere() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("java.lang.foreign..")
                .check(CLASSES);
    }
}
