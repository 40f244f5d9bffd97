/** The report on both cities as a model, for the command line: `flowmodel run src/pipeline.ts startDate=2015-10-01 endDate=2015-12-31`. */
import { reportOn } from './report.ts';

export default reportOn(['New York', 'Seattle']);
