// What every page but the editor loads: small enhancements; the forms work without them.

import { setUpAttributes } from "./attributes";
import { setUpClasses } from "./classes";
import { setUpForms } from "./forms";
import { setUpProject } from "./project/page";
import { applyStyles } from "./styles";
import { setUpTheme } from "./theme";
import { setUpToasts } from "./toast";

applyStyles();
setUpTheme();
setUpToasts();
setUpClasses(); // before the forms: what they hide is no change that a person made
setUpAttributes();
setUpForms();
setUpProject();
