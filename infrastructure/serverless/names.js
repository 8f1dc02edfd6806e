// The names of what is deployed, and what makes objects of the facts.
'use strict';

const PREFIX = 'shopkeeper-${sls:stage}-${param:colour}';

const map = (object, work) => Object.fromEntries(Object.entries(object).map(work));
const logical = (name) => name.split('-').map((word) => word[0].toUpperCase() + word.slice(1)).join('');

module.exports = { logical, map, PREFIX };
