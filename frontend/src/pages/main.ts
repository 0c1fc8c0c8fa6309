// The script of all pages but the editor: small enhancements. The forms work without it.

import { setUpActivity } from "./activity";
import { setUpAttributes } from "./attributes";
import { setUpClasses } from "./classes";
import { setUpCopies } from "./copy";
import { setUpForms } from "./forms";
import { setUpInbox } from "./inbox";
import { setUpPasskeys } from "./passkeys";
import { setUpLife } from "./life";
import { setUpImports } from "./project/imports";
import { setUpLots } from "./project/lots";
import { setUpProject } from "./project/page";
import { setUpSources } from "./project/sources";
import { applyStyles } from "./styles";
import { setUpTabs } from "./tabs";
import { setUpTheme } from "./theme";
import { setUpTimeZone } from "./timeZone";
import { setUpToasts } from "./toast";

applyStyles();
setUpTheme();
setUpTimeZone();
setUpTabs();
setUpToasts();
setUpClasses(); // before the forms: what they hide is no change that a person made
setUpAttributes();
setUpForms();
setUpInbox();
setUpPasskeys();
setUpLife();
setUpCopies();
setUpProject();
setUpActivity();
setUpImports();
setUpLots();
setUpSources();
