import { render } from "preact";
import { startAddress } from "./address/current";
import { App } from "./app";
import { startClock } from "./feed/clock";
import { followElections } from "./feed/feed";
import { startLanguage } from "./language/language";
import { startTheme } from "./theme";

startAddress();
startTheme();
startLanguage();
startClock();
void followElections();

const page = document.getElementById("page");
if (page !== null) render(<App />, page);
